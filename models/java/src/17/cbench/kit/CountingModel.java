package cbench.kit;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What all models count: tasks in flight, for whoever waits until none is, and branches. */
public abstract class CountingModel implements Model {
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicLong branches = new AtomicLong();

  /** Brings a task to its turn, whether it is the first of its slot or follows another. */
  protected abstract void enqueue(Task task);

  @Override
  public final void submit(Task task) {
    submitted(1);
    enqueue(task);
  }

  /** So many tasks are in flight from now on, each of which is then enqueued. */
  protected final void submitted(int tasks) {
    inFlight.getAndAdd(tasks);
  }

  /** Called at the end of a task. `follows`: another is in its slot now. */
  protected final void ended(Task task, boolean follows) {
    if (follows) {
      enqueue(task);
    } else if (inFlight.decrementAndGet() == 0) {
      synchronized (inFlight) {
        inFlight.notifyAll();
      }
    }
  }

  @Override
  public final void drain() throws InterruptedException {
    synchronized (inFlight) {
      while (inFlight.get() > 0) {
        inFlight.wait();
      }
    }
  }

  protected final void countBranches(int width) {
    branches.getAndAdd(width);
  }

  /** A unit is a task, or a branch of one. */
  @Override
  public final long units(long tasks) {
    return tasks + branches.get();
  }
}
