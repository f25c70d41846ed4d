package cbench;

import cbench.kit.BlockingModel;
import cbench.kit.InFlight;
import cbench.kit.Task;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A new thread for each task, and one for each branch of a fan-out: what differs is the kind of
 * thread.
 */
abstract class Forked extends BlockingModel {
  private final ThreadFactory threads;
  private final InFlight inFlight = new InFlight();
  private final AtomicLong branches = new AtomicLong();

  Forked(Environment environment, ThreadFactory threads) {
    super(environment);
    this.threads = threads;
  }

  @Override
  public void submit(Task task) {
    inFlight.add();
    start(task);
  }

  @Override
  public void drain() throws InterruptedException {
    inFlight.await();
  }

  @Override
  public long units(long tasks) {
    return tasks + branches.get();
  }

  @Override
  public boolean threadsLive() {
    return false;
  }

  private void start(Task task) {
    threads
        .newThread(
            () -> {
              if (run(task)) {
                start(task);
              } else {
                inFlight.remove();
              }
            })
        .start();
  }

  protected final void countBranches(int width) {
    branches.getAndAdd(width);
  }

  @Override
  protected long fanOut(int width, Branch branch) throws Exception {
    countBranches(width);
    BranchSum sum = new BranchSum(branch);
    CountDownLatch running = new CountDownLatch(width);
    for (int i = 0; i < width; i++) {
      int index = i;
      threads
          .newThread(
              () -> {
                sum.run(index);
                running.countDown();
              })
          .start();
    }
    running.await();
    return sum.result();
  }
}
