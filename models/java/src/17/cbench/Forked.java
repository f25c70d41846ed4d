package cbench;

import cbench.kit.BlockingModel;
import cbench.kit.Task;
import java.util.concurrent.ThreadFactory;

/**
 * A new thread for each task, and one for each branch of a fan-out: what differs is the kind of
 * thread.
 */
abstract class Forked extends BlockingModel {
  private final ThreadFactory threads;

  Forked(Environment environment, ThreadFactory threads) {
    super(environment);
    this.threads = threads;
  }

  @Override
  public boolean threadsLive() {
    return false;
  }

  @Override
  protected final void enqueue(Task task) {
    threads.newThread(() -> runAndGoOn(task)).start();
  }

  private void runAndGoOn(Task task) {
    boolean follows = run(task);
    try {
      helpToFill();
      ended(task, follows);
    } catch (OutOfMemoryError error) { // so says a JVM that can make no more threads
      fail(error);
    }
  }

  @Override
  protected long fanOut(int width, Branch branch) throws Exception {
    countBranches(width);
    BranchSum sum = new BranchSum(width, branch);
    for (int i = 0; i < width; i++) {
      int index = i;
      threads.newThread(() -> sum.run(index)).start();
    }
    return sum.result();
  }
}
