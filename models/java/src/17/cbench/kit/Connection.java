package cbench.kit;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * One connection to the peer, on which one frame is under way at a time. Calls block the thread.
 */
public final class Connection {
  private final SocketChannel channel;
  private final Frame frame = new Frame();

  private Connection(SocketChannel channel) {
    this.channel = channel;
  }

  static Connection[] open(Model.Peer peer, int count) throws IOException {
    Connection[] connections = new Connection[count];
    Sources sources = new Sources(peer, count);
    for (int i = 0; i < count; i++) {
      connections[i] = new Connection(sources.connect());
    }
    return connections;
  }

  /** Sends a frame, waits for the reply, and returns what it folds. */
  long exchange(Step.Request request) throws IOException {
    for (ByteBuffer rest = frame.begin(request); rest.hasRemaining(); ) {
      channel.write(rest);
    }
    for (ByteBuffer rest = frame.reply(); rest.hasRemaining(); ) {
      if (channel.read(rest) < 0) {
        throw new EOFException("a connection to the peer is lost");
      }
    }
    return frame.checked();
  }
}
