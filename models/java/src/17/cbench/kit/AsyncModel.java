package cbench.kit;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;

/** What a model is made of in which nothing blocks a thread: each step that waits is a future. */
public abstract class AsyncModel extends CountingModel {
  private final Lock[] locks;
  private Load load;
  private AsyncConnection[] connections;
  private int slots;
  private int lanes;

  protected AsyncModel(Environment environment) {
    slots = environment.slots();
    locks = new Lock[environment.locks()];
    for (int i = 0; i < locks.length; i++) {
      locks[i] = new Lock();
    }
  }

  @Override
  public boolean connectsItself() {
    return true;
  }

  @Override
  public void begin(Run run) throws IOException {
    load = run.load();
    lanes = run.lanes();
    connections = AsyncConnection.open(run.peer(), slots * lanes);
  }

  /** Begins one branch of a fan-out, on any thread: its digest, once it has ended. */
  public interface Branch {
    CompletableFuture<Long> run(int index);
  }

  /** Runs what goes on after a wait. */
  protected abstract ExecutorService executor();

  protected abstract CompletableFuture<Void> sleep(long ns);

  /**
   * Begins every branch below the width: the sum of their digests, or the first error, once all
   * have ended.
   */
  protected abstract CompletableFuture<Long> fanOut(int width, Branch branch);

  /** Runs the task: whether another follows in its slot, once it has ended. */
  protected final CompletableFuture<Boolean> run(Task task) {
    long start = System.nanoTime();
    if (!load.mayStart(start)) {
      return CompletableFuture.completedFuture(false);
    }
    return guarded(task.script.steps(), 0, task.slot * lanes)
        .handle(
            (digest, error) -> {
              if (error == null) {
                return load.finish(task, start, digest);
              }
              load.fail(error.getCause() == null ? error : error.getCause());
              return false;
            });
  }

  private CompletableFuture<Long> guarded(List<Step> steps, long digest, int first) {
    try {
      return walk(steps, 0, digest, first);
    } catch (RuntimeException error) {
      return CompletableFuture.failedFuture(error);
    }
  }

  /** Goes on at the step `at`: computes at once, and leaves the rest to whatever ends a wait. */
  private CompletableFuture<Long> walk(List<Step> steps, int at, long begin, int first) {
    long digest = begin;
    for (int i = at; i < steps.size(); i++) {
      int next = i + 1;
      long before = digest;
      Step step = steps.get(i);
      if (step instanceof Step.Compute compute) {
        digest = Digest.fold(digest, compute.kernel().run(compute.amount()));
      } else if (step instanceof Step.Wait wait) {
        return sleep(wait.ns())
            .thenCompose(none -> walk(steps, next, Digest.fold(before, wait.ns()), first));
      } else if (step instanceof Step.Request request) {
        return connections[first]
            .exchange(request)
            .thenComposeAsync(
                value -> walk(steps, next, Digest.fold(before, value), first), executor());
      } else if (step instanceof Step.Critical critical) {
        return inside(critical, before, first)
            .thenCompose(value -> walk(steps, next, value, first));
      } else if (step instanceof Step.FanOut fanOut) {
        Branch branch =
            index -> guarded(fanOut.body(), Digest.ofBranch(index), first + index * fanOut.lanes());
        return fanOut(fanOut.width(), branch)
            .thenCompose(sum -> walk(steps, next, Digest.fold(before, sum), first));
      }
    }
    return CompletableFuture.completedFuture(digest);
  }

  private CompletableFuture<Long> inside(Step.Critical critical, long digest, int first) {
    Lock lock = locks[critical.lock()];
    return lock.acquire()
        .thenCompose(none -> guarded(critical.body(), Digest.fold(digest, critical.name()), first))
        .whenComplete((value, error) -> lock.release(executor()));
  }

  /** The library has none that is awaited: a queue of futures, first come first served. */
  private static final class Lock {
    private final ArrayDeque<CompletableFuture<Void>> waiting =
        new ArrayDeque<>(); // guarded by this
    private boolean held; // guarded by this

    synchronized CompletableFuture<Void> acquire() {
      if (!held) {
        held = true;
        return CompletableFuture.completedFuture(null);
      }
      CompletableFuture<Void> turn = new CompletableFuture<>();
      waiting.add(turn);
      return turn;
    }

    void release(ExecutorService executor) {
      CompletableFuture<Void> next;
      synchronized (this) {
        next = waiting.poll();
        held = next != null;
      }
      if (next != null) {
        executor.execute(
            () -> next.complete(null)); // not on this stack, which would grow with those that wait
      }
    }
  }
}
