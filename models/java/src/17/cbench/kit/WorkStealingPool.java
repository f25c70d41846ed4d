package cbench.kit;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;

/**
 * What Executors.newWorkStealingPool makes, whose threads can take in what was submitted from
 * outside.
 */
public final class WorkStealingPool extends ForkJoinPool {
  public WorkStealingPool(int threads) {
    super(threads, defaultForkJoinWorkerThreadFactory, null, true);
  }

  /**
   * By a thread of the pool that is to enqueue a task itself: one that was submitted from outside
   * before, if there is any, comes first. Threads look there when they have no tasks of their own,
   * and where one follows another without end those from outside would never begin.
   */
  void takeIn() {
    ForkJoinTask<?> earlier = pollSubmission();
    if (earlier != null) {
      execute(earlier);
    }
  }
}
