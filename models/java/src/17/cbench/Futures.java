package cbench;

import cbench.kit.AsyncModel;
import cbench.kit.WorkStealingPool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Chains of CompletableFuture on a work-stealing pool: nothing that waits keeps a thread. */
final class Futures extends AsyncModel {
  private final WorkStealingPool pool;

  Futures(Environment environment) {
    super(environment);
    pool = new WorkStealingPool(environment.workers());
  }

  @Override
  protected WorkStealingPool executor() {
    return pool;
  }

  @Override
  protected CompletableFuture<Long> sleep(long ns, long value) {
    return CompletableFuture.supplyAsync(
        () -> value, CompletableFuture.delayedExecutor(ns, TimeUnit.NANOSECONDS, pool));
  }

  @Override
  protected CompletableFuture<Long> fanOut(int width, Branch branch) {
    countBranches(width);
    CompletableFuture<?>[] running = new CompletableFuture<?>[width];
    AtomicLong sum = new AtomicLong();
    for (int i = 0; i < width; i++) {
      int index = i;
      running[i] =
          CompletableFuture.supplyAsync(() -> branch.run(index), pool)
              .thenCompose(digest -> digest)
              .thenAccept(sum::getAndAdd);
    }
    return CompletableFuture.allOf(running).thenApply(all -> sum.get());
  }
}
