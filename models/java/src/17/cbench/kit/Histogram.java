package cbench.kit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts times. Any thread may add. */
final class Histogram {
  static final long LONGEST_NS = 3_600_000_000_000L; // what takes longer counts as this
  private static final int LINEAR_BITS = 11; // times below 2^11 ns have an index each
  private static final int STEPS_OF_A_BUCKET = 1024;

  private final AtomicLongArray counts = new AtomicLongArray(indexOf(LONGEST_NS) + 1);

  /** Where a time is counted. */
  static int indexOf(long ns) {
    long time = Math.min(Math.max(ns, 0), LONGEST_NS);
    int bucket = Math.max(Long.SIZE - Long.numberOfLeadingZeros(time) - LINEAR_BITS, 0);
    return bucket * STEPS_OF_A_BUCKET + (int) (time >> bucket);
  }

  void add(long ns) {
    counts.getAndIncrement(indexOf(ns));
  }

  long total() {
    long total = 0;
    for (int i = 0; i < counts.length(); i++) {
      total += counts.get(i);
    }
    return total;
  }

  /** The counts of several histograms together, as pairs of index and count. */
  static List<long[]> sparse(List<Histogram> histograms) {
    List<long[]> pairs = new ArrayList<>();
    int size = indexOf(LONGEST_NS) + 1;
    for (int i = 0; i < size; i++) {
      long count = 0;
      for (Histogram histogram : histograms) {
        count += histogram.counts.get(i);
      }
      if (count > 0) {
        pairs.add(new long[] {i, count});
      }
    }
    return pairs;
  }
}
