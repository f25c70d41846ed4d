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

  private static final class Shard {
    final AtomicLongArray bySlice = new AtomicLongArray(1 + SLICES + 1); // from slice -1 on
    final AtomicLong untilEnd =
        new AtomicLong(); // of those within it, what lies between their finish and its end
    final AtomicLong difference = new AtomicLong(); // of all digests from those expected
    final Times[] times; // that are thrown away, and that are kept

    Shard(int classes) {
      times = new Times[] {new Times(classes), new Times(classes)};
    }
  }

  static final class Times {
    final Histogram queueing = new Histogram();
    final Histogram service = new Histogram();
    final Histogram response = new Histogram();
    final List<Histogram> ofClasses = new ArrayList<>();

    Times(int classes) {
      for (int k = 0; k < classes; k++) {
        ofClasses.add(new Histogram());
      }
    }
  }

  /** `threadsLive`: whether the threads that record live long, so that each may keep a shard. */
  Recorder(int workers, int classes, boolean threadsLive) {
    this.threadsLive = threadsLive;
    for (int i = 0; i < workers; i++) {
      shards.add(new Shard(classes));
    }
  }

  /** 1 of a slice of the window, 0 of what lies before or after it (slice -1, 20). */
  static int within(int slice) {
    return ((slice - SLICES) & ~slice) >>> (Integer.SIZE - 1);
  }

  /**
   * A task that finished in that slice, with a digest that differs so much from the one expected.
   * Where `kept` is 0 its times are counted too, and thrown away: the code that counts those of the
   * window is compiled and warm when it opens.
   */
  void record(Task task, int slice, long difference, int kept, long start, long finish) {
    Shard shard = shardOf(task.slot);
    shard.bySlice.getAndIncrement(1 + slice);
    shard.difference.getAndAdd(difference);
    Times times = shard.times[kept];
    long response = finish - task.scheduled;
    times.queueing.add(start - task.scheduled);
    times.service.add(finish - start);
    times.response.add(response);
    if (!times.ofClasses.isEmpty()) {
      times.ofClasses.get(task.script.kind()).add(response);
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
    Arrays.setAll(counts, this::inSlice);
    return counts;
  }

  long before() {
    return inSlice(-1);
  }

  long after() {
    return inSlice(SLICES);
  }

  private long inSlice(int slice) {
    return sum(shard -> shard.bySlice.get(1 + slice));
  }

  long difference() {
    return sum(shard -> shard.difference.get());
  }

  long untilEnd() {
    return sum(shard -> shard.untilEnd.get());
  }

  List<long[]> merged(Function<Times, Histogram> of) {
    return Histogram.sparse(shards.stream().map(shard -> of.apply(shard.times[1])).toList());
  }

  /**
   * By slot where a thread ends with its task: Java tells nobody on which carrier a virtual one is.
   */
  private Shard shardOf(int slot) {
    return threadsLive ? own.get() : shards.get(slot % shards.size());
  }

  private long sum(ToLongFunction<Shard> of) {
    return shards.stream().mapToLong(of).sum();
  }
}
