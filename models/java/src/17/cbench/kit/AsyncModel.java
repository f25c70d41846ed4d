package cbench.kit;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What a model is made of in which nothing blocks a thread: each step that waits is a future. */
public abstract class AsyncModel extends CountingModel {
  private static final int MOST_UNTIL_DEALT_S = 1; // were a pool to keep fewer threads

  private final Lock[] locks;
  private Load load;
  private AsyncConnection[] connections;
  private final int workers;
  private final int slots;
  private int lanes;

  protected AsyncModel(Environment environment) {
    workers = environment.workers();
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
    connections = AsyncConnection.open(run.peer(), slots * lanes, executor());
  }

  /** Begins one branch of a fan-out, on any thread: its digest, once it has ended. */
  public interface Branch {
    CompletableFuture<Long> run(int index);
  }

  /** Runs what goes on after a wait, for the peer too. */
  protected abstract WorkStealingPool executor();

  @Override
  protected final void enqueue(Task task) {
    executor().execute(() -> run(task));
  }

  /**
   * A thread of a work-stealing pool looks at what was submitted from outside when it has no tasks
   * of its own, and tasks that only compute follow one another there without end: each thread is
   * dealt its share of the first ones by a job that enqueues them from inside.
   */
  @Override
  public final void submitFirst(Supplier<Task> next) {
    List<Task> tasks = Stream.generate(next).takeWhile(Objects::nonNull).toList();
    submitted(tasks.size());
    int shares = Math.min(workers, tasks.size());
    CountDownLatch others = new CountDownLatch(shares);
    for (int i = 0; i < shares; i++) {
      int share = i;
      executor().execute(() -> enqueueShare(tasks, share, shares, others));
    }
  }

  /** Once each thread has a share: one that found tasks of another's first would not come to it. */
  private void enqueueShare(List<Task> tasks, int share, int shares, CountDownLatch others) {
    try {
      others.countDown();
      others.await(MOST_UNTIL_DEALT_S, TimeUnit.SECONDS);
      for (int i = share; i < tasks.size(); i += shares) {
        enqueue(tasks.get(i));
      }
    } catch (InterruptedException | RuntimeException | OutOfMemoryError error) {
      load.fail(error);
    }
  }

  /** Completed with that value once so much time has passed. */
  protected abstract CompletableFuture<Long> sleep(long ns, long value);

  /**
   * Begins every branch below the width: the sum of their digests, or the first error, once all
   * have ended.
   */
  protected abstract CompletableFuture<Long> fanOut(int width, Branch branch);

  /** Runs the task, which has ended() called once it has. */
  private void run(Task task) {
    long start = System.nanoTime();
    if (!load.mayStart(start)) {
      ended(task, false);
      return;
    }
    guarded(task.script.steps(), 0, task.slot * lanes)
        .whenComplete(
            (digest, error) -> {
              if (error != null) {
                load.fail(error.getCause() == null ? error : error.getCause());
              }
              boolean follows = error == null && load.finish(task, start, digest);
              if (follows && load.arrivals != null) {
                executor().takeIn();
              }
              ended(task, follows);
            });
  }

  private CompletableFuture<Long> guarded(List<Step> steps, long digest, int first) {
    try {
      return walk(steps, 0, digest, first);
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError error) {
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
        return goOn(sleep(wait.ns(), Digest.fold(before, wait.ns())), steps, next, first);
      } else if (step instanceof Step.Request request) {
        return goOn(
            connections[first].exchange(request).thenApply(value -> Digest.fold(before, value)),
            steps,
            next,
            first);
      } else if (step instanceof Step.Critical critical) {
        return goOn(inside(critical, before, first), steps, next, first);
      } else if (step instanceof Step.FanOut fanOut) {
        Branch branch =
            index -> guarded(fanOut.body(), Digest.ofBranch(index), first + index * fanOut.lanes());
        return goOn(
            fanOut(fanOut.width(), branch).thenApply(sum -> Digest.fold(before, sum)),
            steps,
            next,
            first);
      }
    }
    return CompletableFuture.completedFuture(digest);
  }

  /**
   * At the step `next`, with the digest that comes of the one before; behind the last there is
   * none.
   */
  private CompletableFuture<Long> goOn(
      CompletableFuture<Long> before, List<Step> steps, int next, int first) {
    return next == steps.size()
        ? before
        : before.thenCompose(digest -> walk(steps, next, digest, first));
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

    void release(Executor executor) {
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
