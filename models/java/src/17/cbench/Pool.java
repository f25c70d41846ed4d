package cbench;

import cbench.kit.BlockingModel;
import cbench.kit.Task;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A fixed thread pool: whatever waits keeps a thread of it. */
final class Pool extends BlockingModel {
  private final int threads;
  private final ExecutorService pool;

  Pool(Environment environment) {
    super(environment);
    String given = environment.settings().getOrDefault("threads", "workers");
    threads = given.equals("workers") ? environment.workers() : Integer.parseInt(given);
    pool =
        Executors.newFixedThreadPool(
            threads,
            work -> {
              Thread thread = new Thread(work);
              thread.setDaemon(true);
              return thread;
            });
  }

  @Override
  protected void enqueue(Task task) {
    pool.execute(() -> ended(task, run(task)));
  }

  /**
   * Whoever fans out works on branches itself, beside the threads that are free: a thread that only
   * waited for the others could wait for one that waits, too.
   */
  @Override
  protected long fanOut(int width, Branch branch) throws Exception {
    countBranches(width);
    BranchSum sum = new BranchSum(width, branch);
    AtomicInteger next = new AtomicInteger();
    Runnable takeBranches =
        () -> {
          for (int index = next.getAndIncrement(); index < width; index = next.getAndIncrement()) {
            sum.run(index);
          }
        };
    for (int i = 1; i < Math.min(width, threads); i++) {
      pool.execute(takeBranches);
    }
    takeBranches.run();
    return sum.result();
  }
}
