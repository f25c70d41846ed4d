package cbench.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What becomes of a task of chained futures that fails. */
class AsyncModelTest {
  private static final class OnAPool extends AsyncModel {
    private final WorkStealingPool pool;

    OnAPool(int workers) {
      super(new Environment(workers, 1, 0, Map.of()));
      pool = new WorkStealingPool(workers);
    }

    @Override
    protected WorkStealingPool executor() {
      return pool;
    }

    @Override
    protected CompletableFuture<Long> sleep(long ns, long value) {
      return CompletableFuture.completedFuture(value);
    }

    @Override
    protected CompletableFuture<Long> fanOut(int width, Branch branch) {
      return branch.run(0);
    }
  }

  @Test
  void anErrorInAStepEndsTheTrialWithItsReason() throws Exception {
    Spec spec = KitCost.specOfEmptyTasks(1);
    Load load = new Load(spec, new Work(spec), true);
    load.fill();
    Task task = load.nextFirst();
    Kernel large =
        amount -> {
          throw new OutOfMemoryError("Java heap space");
        };
    task.script = new Work.Script(List.of(new Step.Compute(large, 1)), 0, 0);
    OnAPool model = new OnAPool(1);
    model.begin(new Model.Run(load, new Connection[0], 0, null));
    model.submit(task);
    assertEquals("Java heap space", load.failed.get(20, TimeUnit.SECONDS).getMessage());
  }

  /** Tasks that only compute, of which each follows another in its slot: a pool may go on there. */
  private static void everySlotComesToItsTurn(int slots, int workers) throws Exception {
    Spec spec = KitCost.specOfEmptyTasks(slots);
    Load load = new Load(spec, new Work(spec), true);
    load.fill();
    OnAPool model = new OnAPool(workers);
    model.begin(new Model.Run(load, new Connection[0], 0, null));
    model.submitFirst(load::nextFirst);
    try {
      load.settled.get(20, TimeUnit.SECONDS);
    } finally {
      load.setWindow(System.nanoTime(), System.nanoTime());
    }
    model.drain();
  }

  @Test
  void everySlotComesToItsTurnThoughTasksFollowOneAnother() throws Exception {
    everySlotComesToItsTurn(4, 1);
    everySlotComesToItsTurn(20_000, 2);
    everySlotComesToItsTurn(1, 2);
  }

  /** An open load for 300 ms, of more tasks than the pool can run. */
  private static Spec tooMuch() {
    Spec spec = KitCost.specOfEmptyTasks(8);
    spec.scripts.get(0).steps =
        JsonParser.parseString("[{'do': 'compute', 'kernel': 'primes', 'amount': 20000}]")
            .getAsJsonArray();
    spec.load.kind = "open";
    spec.load.rate_per_s = 50_000;
    spec.load.arrivals = "constant";
    spec.load.late = "wait";
    spec.load.duration_ns = 300_000_000;
    return spec;
  }

  @Test
  void everySlotComesToItsTurnThoughMoreArrivesThanCanBeDone() throws Exception {
    Spec spec = tooMuch();
    Load load = new Load(spec, new Work(spec), true);
    OnAPool model = new OnAPool(2);
    model.begin(new Model.Run(load, new Connection[0], 0, null));
    new Trial(OutputStream.nullOutputStream()).bring(spec.load, load, model, new HashMap<>());
    for (Task task : load.slots) {
      assertTrue(task.counted > 0, "slot %d".formatted(task.slot));
    }
  }
}
