package cbench.kit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Brings tasks to a model, takes them back and records them. Any thread may call what is public.
 */
public final class Load {
  static final long NEVER = Long.MAX_VALUE; // an instant

  final Task[] slots;
  final Work work;
  final Recorder recorder;
  Arrivals arrivals; // of an open load; else null

  /** Completed by whatever happens first: without a value, or with the first error. */
  final CompletableFuture<Void> settled = new CompletableFuture<>();

  final CompletableFuture<Throwable> failed = new CompletableFuture<>();

  private final long tasks; // fixed work; else 0
  private final AtomicLong nextTask;
  private final AtomicInteger nextSlot; // that gets its first task
  private final AtomicLong settling; // slots that have not finished a task
  private final AtomicLong lastFinish = new AtomicLong(); // an instant: of slots that are over
  private volatile long begin = NEVER; // of the window
  private volatile long end = NEVER;
  private volatile long length = NEVER; // of the window
  private volatile long last = NEVER; // no task starts from then on
  private volatile boolean stopped;

  Load(Spec spec, Work work, boolean threadsLive) {
    this.work = work;
    slots = new Task[spec.load.concurrency];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = new Task(i);
    }
    tasks = spec.load.fixed() ? spec.load.tasks : 0;
    nextTask = new AtomicLong(slots.length);
    nextSlot = new AtomicInteger(slots.length);
    settling = new AtomicLong(slots.length);
    recorder = new Recorder(Math.max(spec.workers, 2), work.classes.size(), threadsLive);
  }

  /**
   * The first task of a slot, in flight from now on; null where fixed work has fewer tasks than
   * slots.
   */
  private Task first(int slot) {
    if (tasks != 0 && slot >= tasks) {
      return null;
    }
    Task task = slots[slot];
    task.turn = tasks != 0 ? slot : work.firstTurn(slot, slots.length);
    task.script = work.scriptOf(task.turn);
    task.scheduled = System.nanoTime();
    return task;
  }

  /** From now on the slots of a closed or fixed load are given their first tasks. */
  void fill() {
    nextSlot.set(0);
  }

  /**
   * The first task of the next slot that has had none, in flight from now on; null where there is
   * no such slot. Any thread.
   */
  Task nextFirst() {
    if (nextSlot.get() >= slots.length) {
      return null;
    }
    int slot = nextSlot.getAndIncrement();
    return slot < slots.length ? first(slot) : null;
  }

  void setWindow(long from, long to) {
    last = to;
    end = to;
    length = to - from;
    begin = from; // last: before it every instant lies before the window
  }

  void setLast(long instant) {
    last = instant;
  }

  long begin() {
    return begin;
  }

  long end() {
    return end;
  }

  boolean isSettled() {
    return settled.isDone();
  }

  boolean isFixed() {
    return tasks != 0;
  }

  /** Of fixed work the instant of the last finish, once no slot has a task. */
  long lastFinish() {
    return lastFinish.get();
  }

  /**
   * Whether the task is to run, now: false where the load is over, and there is nothing left to do.
   */
  boolean mayStart(long now) {
    return now < last && !stopped;
  }

  /** The first error ends the trial: no task follows another. */
  public void fail(Throwable error) {
    stopped = true;
    failed.complete(error);
  }

  boolean hasFailed() {
    return stopped;
  }

  /**
   * After the last step. True where another task follows in the slot: the same object, which the
   * model is to bring to its turn as it did this one.
   */
  boolean finish(Task task, long start, long digest) {
    long finish = System.nanoTime();
    long difference = digest - task.script.digest();
    recorder.finishedCold(finish, finish - start);
    int slice = sliceOf(finish);
    int within = Recorder.within(slice);
    task.counted += within;
    if (arrivals != null) {
      return arrivals.finish(task, start, finish, slice, difference) && !stopped;
    }
    recorder.record(task, slice, difference, within, start, finish);
    if (!task.settled) {
      task.settled = true;
      if (settling.decrementAndGet() == 0) {
        settled.complete(null);
      }
    }
    if (finish >= end || stopped) {
      return false;
    }
    task.turn = tasks == 0 ? task.turn + 1 : nextTask.getAndIncrement();
    if (tasks != 0 && task.turn >= tasks) {
      lastFinish.accumulateAndGet(finish, Math::max);
      return false;
    }
    Work.Script script = work.scriptOf(task.turn);
    if (script != task.script) { // storing a reference marks a card, which 32 KB of the heap share
      task.script = script;
    }
    task.scheduled = finish;
    return true;
  }

  /**
   * The slice of the window that the instant lies in; -1 before it, 20 after it. Without a branch:
   * one that no task took before the window would be compiled when it opens, and all around it.
   */
  int sliceOf(long instant) {
    long since = instant - begin;
    long before = since >> (Long.SIZE - 1); // -1, or 0
    long slice = (since & ~before) * Recorder.SLICES / length;
    return Math.min((int) slice, Recorder.SLICES) + (int) before;
  }
}
