package cbench;

import cbench.kit.BlockingModel.Branch;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** What the branches of a fan-out return, together; or the first error. */
final class BranchSum {
  private final Branch branch;
  private final CountDownLatch running;
  private final AtomicLong sum = new AtomicLong();
  private final AtomicReference<Throwable> error = new AtomicReference<>();

  BranchSum(int width, Branch branch) {
    this.branch = branch;
    running = new CountDownLatch(width);
  }

  /**
   * Runs a branch on the calling thread. Whatever becomes of it, nobody waits for it afterwards.
   */
  void run(int index) {
    try {
      sum.getAndAdd(branch.run(index));
    } catch (Exception | StackOverflowError | OutOfMemoryError failed) {
      error.compareAndSet(null, failed);
    } finally {
      running.countDown();
    }
  }

  /** Blocks until all have ended. */
  long result() throws Exception {
    running.await();
    if (error.get() instanceof Error failed) {
      throw failed;
    }
    if (error.get() instanceof Exception failed) {
      throw failed;
    }
    return sum.get();
  }
}
