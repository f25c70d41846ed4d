package cbench.kit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A frame to the peer and the reply to it, in one buffer. */
final class Frame {
  static final int HEADER_BYTES = 32;
  private static final int MAGIC = 0x63626e63;

  private ByteBuffer buffer = allocate(64);
  private int bytes;
  private long delayNs;
  private long number;
  private long sent;

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(HEADER_BYTES + bytes).order(ByteOrder.nativeOrder());
  }

  /** The request, from its first byte on. */
  ByteBuffer begin(Step.Request request) {
    bytes = request.bytes();
    delayNs = request.delayNs();
    if (buffer.capacity() < HEADER_BYTES + bytes) {
      buffer = allocate(bytes);
    }
    buffer.clear().limit(HEADER_BYTES + bytes);
    buffer
        .putInt(0, MAGIC)
        .putInt(4, bytes)
        .putLong(8, delayNs)
        .putLong(16, ++number)
        .putLong(24, 0);
    sent = System.nanoTime();
    return buffer;
  }

  /** Room for the reply, of the same size. */
  ByteBuffer reply() {
    return buffer.clear().limit(HEADER_BYTES + bytes);
  }

  /** What is left of it, or of the request. */
  ByteBuffer rest() {
    return buffer;
  }

  /** Once the reply is there: what it folds. */
  long checked() {
    long took = System.nanoTime() - sent;
    boolean asked =
        buffer.getInt(0) == MAGIC
            && buffer.getInt(4) == bytes
            && buffer.getLong(8) == delayNs
            && buffer.getLong(16) == number
            && buffer.getLong(24) == ~number;
    if (!asked) {
      throw new IllegalStateException(
          "wrong reply from the peer: it is not the one that was asked for");
    }
    // nanoTime() reads the clock that the peer waits by: there is nothing to forgive.
    if (took < delayNs) {
      throw new IllegalStateException(
          "wrong reply from the peer: it came early, after %d ns instead of %d"
              .formatted(took, delayNs));
    }
    return Digest.fold(buffer.getInt(4), buffer.getLong(8));
  }
}
