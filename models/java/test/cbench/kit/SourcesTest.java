package cbench.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is said of a connection that cannot be opened. */
class SourcesTest {
  private static Model.Peer nobody() throws IOException {
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new Model.Peer("127.0.0.1", closed.getLocalPort());
    }
  }

  @Test
  void aConnectionThatFailsIsNamedByItsNumberAndThePort() throws Exception {
    Model.Peer peer = nobody();
    ExecutorService pool = Executors.newFixedThreadPool(1);
    try {
      for (Executable open :
          new Executable[] {
            () -> Connection.open(peer, 3), () -> AsyncConnection.open(peer, 3, pool)
          }) {
        assertEquals(
            "connection 1 of 3 to the peer on port %d: Connection refused".formatted(peer.port()),
            assertThrows(IOException.class, open).getMessage());
      }
    } finally {
      pool.shutdown();
    }
  }
}
