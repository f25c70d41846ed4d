package cbench;

import cbench.kit.BlockingModel.Branch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** What the branches of a fan-out return, together; or the first error. */
final class BranchSum {
  private final Branch branch;
  private final AtomicLong sum = new AtomicLong();
  private final AtomicReference<Exception> error = new AtomicReference<>();

  BranchSum(Branch branch) {
    this.branch = branch;
  }

  void run(int index) {
    try {
      sum.getAndAdd(branch.run(index));
    } catch (Exception failed) {
      error.compareAndSet(null, failed);
    }
  }

  /** Once all have ended. */
  long result() throws Exception {
    if (error.get() != null) {
      throw error.get();
    }
    return sum.get();
  }
}
