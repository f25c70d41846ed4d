package cbench.kit;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

/**
 * One connection to the peer, on which one frame is under way at a time. Nothing blocks: a reply is
 * a future.
 */
final class AsyncConnection {
  private final AsynchronousSocketChannel channel;
  private final Frame frame = new Frame();
  private CompletableFuture<Long> reply; // that is waited for
  private boolean sending;

  private AsyncConnection(AsynchronousSocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens so many, whose replies are completed on threads of that pool; a thread of the JVM's
   * beside it watches all of them. The end of the process ends both: to shut the group down would
   * be to shut down the pool.
   */
  static AsyncConnection[] open(Model.Peer peer, int count, ExecutorService pool)
      throws IOException {
    AsyncConnection[] connections = new AsyncConnection[count];
    if (count == 0) {
      return connections;
    }
    AsynchronousChannelGroup group = AsynchronousChannelGroup.withThreadPool(pool);
    Sources sources = new Sources(peer, count);
    for (int i = 0; i < count; i++) {
      connections[i] = new AsyncConnection(sources.connectAsync(group));
    }
    return connections;
  }

  CompletableFuture<Long> exchange(Step.Request request) {
    reply = new CompletableFuture<>();
    sending = true;
    channel.write(frame.begin(request), this, PROGRESS);
    return reply;
  }

  private static final CompletionHandler<Integer, AsyncConnection> PROGRESS =
      new CompletionHandler<>() {
        @Override
        public void completed(Integer moved, AsyncConnection connection) {
          connection.goOn(moved);
        }

        @Override
        public void failed(Throwable error, AsyncConnection connection) {
          connection.reply.completeExceptionally(error);
        }
      };

  private void goOn(int moved) {
    ByteBuffer rest = frame.rest();
    if (moved < 0) {
      reply.completeExceptionally(new EOFException("a connection to the peer is lost"));
    } else if (rest.hasRemaining()) {
      move(rest);
    } else if (sending) {
      sending = false;
      move(frame.reply());
    } else {
      try {
        reply.complete(frame.checked());
      } catch (IllegalStateException wrong) {
        reply.completeExceptionally(wrong);
      }
    }
  }

  private void move(ByteBuffer rest) {
    if (sending) {
      channel.write(rest, this, PROGRESS);
    } else {
      channel.read(rest, this, PROGRESS);
    }
  }
}
