package cbench.kit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Counts the times of tasks, in shards that keep threads apart: adding to memory that another CPU
 * has written takes ten times as long.
 */
final class Recorder {
  static final int SLICES = 20; // of the window
  private static final int COLD_TASKS = 1000;

  private final List<Shard> shards = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final ThreadLocal<Shard> own =
      ThreadLocal.withInitial(() -> shards.get(next.getAndIncrement() % shards.size()));
  private final boolean threadsLive;
  private final AtomicInteger cold = new AtomicInteger();
  private final Histogram firstService = new Histogram();
  private volatile long firstFinish;

  static final class Shard {
    final AtomicLong earlier = new AtomicLong(); // tasks that finished before the window
    final AtomicLong later = new AtomicLong();
    final AtomicLong untilEnd =
        new AtomicLong(); // of those within it, what lies between their finish and its end
    final AtomicLongArray bySlice = new AtomicLongArray(SLICES);
    final Histogram queueing = new Histogram();
    final Histogram service = new Histogram();
    final Histogram response = new Histogram();
    final List<Histogram> ofClasses = new ArrayList<>();
  }

  /** `threadsLive`: whether the threads that record live long, so that each may keep a shard. */
  Recorder(int workers, int classes, boolean threadsLive) {
    this.threadsLive = threadsLive;
    for (int i = 0; i < workers; i++) {
      Shard shard = new Shard();
      for (int k = 0; k < classes; k++) {
        shard.ofClasses.add(new Histogram());
      }
      shards.add(shard);
    }
  }

  /** A task that finished in a slice of the window, or before or after it (slice -1, 20). */
  void finished(int slot, int slice) {
    count(shardOf(slot), slice);
  }

  /** Its times besides. */
  void record(int slot, int slice, int kind, long queueing, long service) {
    Shard shard = shardOf(slot);
    count(shard, slice);
    shard.queueing.add(queueing);
    shard.service.add(service);
    shard.response.add(queueing + service);
    if (!shard.ofClasses.isEmpty()) {
      shard.ofClasses.get(kind).add(queueing + service);
    }
  }

  /** A task that finished so long before the end of the window, within it. */
  void finishedBefore(int slot, long ns) {
    shardOf(slot).untilEnd.getAndAdd(ns);
  }

  /** The first tasks of the process tell its cold start. */
  void finishedCold(long finish, long service) {
    if (cold.get() >= COLD_TASKS) {
      return;
    }
    int before = cold.getAndIncrement();
    if (before == 0) {
      firstFinish = finish;
    }
    if (before < COLD_TASKS) {
      firstService.add(service);
    }
  }

  long firstFinish() {
    return firstFinish;
  }

  List<long[]> firstService() {
    return Histogram.sparse(List.of(firstService));
  }

  /** Tasks that finished in each slice of the window. */
  long[] slices() {
    long[] counts = new long[SLICES];
    Arrays.setAll(counts, i -> sum(shard -> shard.bySlice.get(i)));
    return counts;
  }

  long before() {
    return sum(shard -> shard.earlier.get());
  }

  long after() {
    return sum(shard -> shard.later.get());
  }

  long untilEnd() {
    return sum(shard -> shard.untilEnd.get());
  }

  List<long[]> merged(Function<Shard, Histogram> of) {
    return Histogram.sparse(shards.stream().map(of).toList());
  }

  private Shard shardOf(int slot) {
    return threadsLive ? own.get() : shards.get(slot % shards.size());
  }

  private static void count(Shard shard, int slice) {
    if (slice < 0) {
      shard.earlier.getAndIncrement();
    } else if (slice >= SLICES) {
      shard.later.getAndIncrement();
    } else {
      shard.bySlice.getAndIncrement(slice);
    }
  }

  private long sum(ToLongFunction<Shard> of) {
    return shards.stream().mapToLong(of).sum();
  }
}
