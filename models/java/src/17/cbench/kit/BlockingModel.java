package cbench.kit;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the models share in which a task has a thread to itself while it runs: its steps are calls
 * that block it.
 */
public abstract class BlockingModel extends CountingModel {
  private final ReentrantLock[] locks;
  private Load load;
  private Connection[] connections;
  private int lanes;

  protected BlockingModel(Environment environment) {
    locks = new ReentrantLock[environment.locks()];
    for (int i = 0; i < locks.length; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  @Override
  public void begin(Run run) {
    load = run.load();
    connections = run.connections();
    lanes = run.lanes();
  }

  /** Runs one branch of a fan-out, on any thread, and returns its digest. */
  public interface Branch {
    long run(int index) throws Exception;
  }

  /**
   * Runs every branch below the width, waits for all of them and returns the sum; or throws the
   * first error.
   */
  protected abstract long fanOut(int width, Branch branch) throws Exception;

  /**
   * Runs the task from its first step to its last on the calling thread. True where another task
   * follows in its slot, to be brought to its turn as this one was.
   */
  protected final boolean run(Task task) {
    long start = System.nanoTime();
    if (!load.mayStart(start)) {
      return false;
    }
    try {
      return load.finish(task, start, walk(task.script.steps(), 0, task.slot * lanes));
    } catch (Exception | StackOverflowError | OutOfMemoryError error) {
      load.fail(error);
      return false;
    }
  }

  /**
   * Submits the first task of a slot that has had none, if there is one. Where a task costs a
   * thread, those that end start hundreds at once; the one thread that fills the slots would hardly
   * come to the last of them without their help.
   */
  protected final void helpToFill() {
    Task first = load.nextFirst();
    if (first != null) {
      submit(first);
    }
  }

  protected final void fail(Throwable error) {
    load.fail(error);
  }

  private long walk(List<Step> steps, long begin, int first) throws Exception {
    long digest = begin;
    for (Step step : steps) {
      if (step instanceof Step.Compute compute) {
        digest = Digest.fold(digest, compute.kernel().run(compute.amount()));
      } else if (step instanceof Step.Wait wait) {
        sleep(wait.ns());
        digest = Digest.fold(digest, wait.ns());
      } else if (step instanceof Step.Request request) {
        digest = Digest.fold(digest, connections[first].exchange(request));
      } else if (step instanceof Step.Critical critical) {
        ReentrantLock lock = locks[critical.lock()];
        lock.lock();
        try {
          digest = walk(critical.body(), Digest.fold(digest, critical.name()), first);
        } finally {
          lock.unlock();
        }
      } else if (step instanceof Step.FanOut fanOut) {
        Branch branch =
            index -> walk(fanOut.body(), Digest.ofBranch(index), first + index * fanOut.lanes());
        digest = Digest.fold(digest, fanOut(fanOut.width(), branch));
      }
    }
    return digest;
  }

  /** Thread.sleep rounds to milliseconds before Java 21. */
  private static void sleep(long ns) {
    long until = System.nanoTime() + ns;
    for (long left = ns; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
