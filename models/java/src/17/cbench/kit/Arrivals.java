package cbench.kit;

import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Brings the tasks of an open load to a model, and gives its slots to those that wait
 * (docs/protocol.md).
 */
final class Arrivals {
  /** When arrivals are due: instants that follow from the seed, the same in every language. */
  static final class Schedule {
    private final double rate; // a second
    private final boolean poisson;
    private final long seed;
    private long index = -1;
    private double sum; // of the gaps before it, in mean gaps

    Schedule(Spec.LoadSpec load) {
      rate = load.rate_per_s;
      poisson = load.arrivals.equals("poisson");
      seed = Long.parseUnsignedLong(load.seed_of_arrivals, 16);
      next();
    }

    long index() {
      return index;
    }

    /** After the epoch, in ns. */
    long due() {
      return (long) Math.floor(sum / rate * 1e9);
    }

    void next() {
      index++;
      if (poisson) {
        double u = (Digest.mix64(seed + index) >>> 11) * 0x1p-53;
        sum -= Math.log(1 - u);
      } else {
        sum = index;
      }
    }
  }

  private static final class Counts {
    long due;
    long shed;
    long taken;

    void add(Counts other) {
      due += other.due;
      shed += other.shed;
      taken += other.taken;
    }

    Map<String, Object> withDone(long done) {
      Map<String, Object> counts = new LinkedHashMap<>();
      counts.put("due", due);
      counts.put("shed", shed);
      counts.put("taken", taken);
      counts.put("done", done);
      return counts;
    }
  }

  private final Load load;
  private final Model model;
  private final boolean sheds;
  private final long epoch;
  private final long begin;
  private final long end;
  private final long drain; // an instant: until then those that wait are given slots
  private final Schedule generated; // the generator's
  private final Histogram lag = new Histogram();
  private long late;
  private long untilEnd; // the sum of end - due, over those due within the window and not shed

  // Guarded by this.
  private final Schedule given; // of those that wait, the first
  private final Counts beforeBegin = new Counts();
  private final Counts beforeEnd = new Counts(); // from the begin on
  private final ArrayDeque<Task> free = new ArrayDeque<>();
  private long waiting;
  private boolean all; // the last arrival has come
  final CompletableFuture<Void> noneWaits = new CompletableFuture<>();
  // Completed once the generator counts no more.
  final CompletableFuture<Void> allHaveCome = new CompletableFuture<>();

  private volatile Thread generator;
  private long cpuAtBegin = -1;
  private long cpuAtEnd = -1;

  Arrivals(Load load, Model model, Spec.LoadSpec spec, long epoch) {
    this.load = load;
    this.model = model;
    this.epoch = epoch;
    sheds = spec.late.equals("shed");
    begin = epoch + spec.warmup_ns;
    end = begin + spec.duration_ns;
    drain = end + spec.drain_ns;
    generated = new Schedule(spec);
    given = new Schedule(spec);
    free.addAll(List.of(load.slots));
    load.arrivals = this;
  }

  long drain() {
    return drain;
  }

  /** Starts the thread that brings arrivals as they are due. */
  void start() {
    generator = new Thread(this::generateOrFail, "generator");
    generator.start();
  }

  void readCpuAtBegin() {
    cpuAtBegin = cpuOfGenerator();
  }

  void readCpuAtEnd() {
    cpuAtEnd = cpuOfGenerator();
  }

  private long cpuOfGenerator() {
    return ManagementFactory.getThreadMXBean().getThreadCpuTime(generator.getId());
  }

  /** What a model throws, which may be unable to make a thread, is the end of the trial. */
  private void generateOrFail() {
    try {
      generate();
    } catch (Throwable error) {
      load.fail(error);
    }
  }

  private void generate() {
    for (; ; generated.next()) {
      long due = epoch + generated.due();
      if (due >= end || load.hasFailed()) {
        break;
      }
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      bring(due);
    }
    synchronized (this) {
      all = true;
      if (waiting == 0) {
        noneWaits.complete(null);
      }
    }
    allHaveCome.complete(null);
    // It lives until its CPU time has been read.
    while (System.nanoTime() < end && !load.hasFailed()) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
    while (cpuAtEnd < 0 && !load.hasFailed()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private void bring(long due) {
    Task task;
    long at;
    synchronized (this) {
      Counts counts = due < begin ? beforeBegin : beforeEnd;
      counts.due++;
      if (free.isEmpty() || waiting > 0) {
        if (sheds) {
          counts.shed++;
          given.next();
          return;
        }
        waiting++;
        if (due >= begin) {
          late++;
          untilEnd += end - due;
        }
        return;
      }
      task = free.pop();
      at = System.nanoTime();
      give(task, at);
    }
    if (due >= begin) {
      lag.add(at - due);
      untilEnd += end - due;
    }
    model.submit(task);
  }

  private void give(Task task, long at) {
    if (at < begin) {
      beforeBegin.taken++;
    } else if (at < end) {
      beforeEnd.taken++;
    }
    task.turn = given.index();
    task.scheduled = epoch + given.due();
    task.script = load.work.scriptOf(task.turn);
    given.next();
  }

  /** True where the slot goes to the arrival that has waited longest; else it is free. */
  boolean finish(Task task, long start, long finish, int slice, long difference) {
    Recorder recorder = load.recorder;
    recorder.finishedBefore(task.slot, Recorder.within(slice) * (end - finish));
    int due = finish < drain ? Recorder.within(load.sliceOf(task.scheduled)) : 0;
    recorder.record(task, slice, difference, due, start, finish);
    synchronized (this) {
      if (waiting == 0 || finish >= drain) {
        free.push(task);
        return false;
      }
      give(task, finish);
      waiting--;
      if (waiting == 0 && all) {
        noneWaits.complete(null);
      }
      return true;
    }
  }

  /** From when those that found a slot were due until just before the model was told of them. */
  List<long[]> lag() {
    return Histogram.sparse(List.of(lag));
  }

  /** What became of the arrivals, once the model is drained. */
  Map<String, Object> written(long tasks, long tasksTotal, long counted) {
    long doneBefore = load.recorder.before();
    Counts whole = new Counts();
    whole.add(beforeBegin);
    whole.add(beforeEnd);
    long atBegin = beforeBegin.due - beforeBegin.shed - doneBefore;
    Map<String, Object> thread = new LinkedHashMap<>();
    thread.put("own_thread", true);
    thread.put("cpu_ns", cpuAtBegin < 0 || cpuAtEnd < 0 ? null : cpuAtEnd - cpuAtBegin);
    thread.put("lag", lag());
    Map<String, Object> open = new LinkedHashMap<>();
    open.put("begin", beforeBegin.withDone(doneBefore));
    open.put("end", whole.withDone(doneBefore + tasks));
    open.put(
        "mean_backlog", (double) (untilEnd - load.recorder.untilEnd()) / (end - begin) + atBegin);
    open.put("late", late);
    open.put("unfinished", beforeEnd.due - beforeEnd.shed - counted);
    open.put("dropped", whole.due - whole.shed - tasksTotal);
    open.put("generator", thread);
    return open;
  }
}
