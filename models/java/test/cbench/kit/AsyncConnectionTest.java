package cbench.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who completes a reply. */
class AsyncConnectionTest {
  private static final int BYTES = 64;

  @Test
  void repliesComeOnTheThreadsOfTheModel() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(1, work -> daemon(work, "of the model"));
    try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Model.Peer address = new Model.Peer("127.0.0.1", peer.getLocalPort());
      AsyncConnection connection = AsyncConnection.open(address, 1, pool)[0];
      CompletableFuture<String> thread =
          connection
              .exchange(new Step.Request(BYTES, 0))
              .thenApply(reply -> Thread.currentThread().getName());
      try (Socket stream = peer.accept()) {
        answer(stream); // somebody is told by now
        assertEquals("of the model", thread.get(20, TimeUnit.SECONDS));
      }
    }
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  private static void answer(Socket stream) throws Exception {
    byte[] frame = stream.getInputStream().readNBytes(Frame.HEADER_BYTES + BYTES);
    ByteBuffer header = ByteBuffer.wrap(frame).order(ByteOrder.nativeOrder());
    header.putLong(24, ~header.getLong(16));
    stream.getOutputStream().write(frame);
  }
}
