package cbench.kit;

/** The digest of a task proves that it did its work. All arithmetic wraps around. */
public final class Digest {
  private Digest() {}

  static long mix64(long x) {
    x += 0x9e3779b97f4a7c15L;
    x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
    x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
    return x ^ x >>> 31;
  }

  static long fold(long digest, long value) {
    return mix64(digest * 31 + value);
  }

  /** What the digest of a branch starts from. */
  static long ofBranch(int index) {
    return mix64(index + 1L);
  }
}
