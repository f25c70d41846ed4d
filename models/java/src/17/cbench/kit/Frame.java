package cbench.kit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A frame to the peer and the reply to it, in one buffer. */
final class Frame {
  static final int HEADER_BYTES = 32;
  private static final int MAGIC = 0x63626e63;
  private static final int MOST_BYTES = 65_536;

  /** What every frame carries after its header, of which a frame sends the first bytes. */
  private static final ByteBuffer PAYLOAD = payload();

  private final ByteBuffer expected = PAYLOAD.duplicate(); // up to what a reply must have
  private ByteBuffer buffer = allocate(64); // a reply that is right leaves the payload as it is
  private int bytes;
  private long delayNs;
  private long number;
  private long sent;

  private static ByteBuffer payload() {
    ByteBuffer payload = ByteBuffer.allocateDirect(MOST_BYTES);
    for (int i = 0; i < MOST_BYTES; i++) {
      payload.put(i, (byte) (i * 7 + i / 251));
    }
    return payload;
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(HEADER_BYTES + bytes)
        .order(ByteOrder.nativeOrder())
        .put(HEADER_BYTES, PAYLOAD, 0, bytes);
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
    if (!buffer.position(HEADER_BYTES).equals(expected.limit(bytes))) {
      throw new IllegalStateException("wrong reply from the peer: its payload is damaged");
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
