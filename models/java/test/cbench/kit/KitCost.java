package cbench.kit;

import com.google.gson.Gson;
import java.util.Map;

/**
 * What the kit costs a task: start, an empty walk, finish and record, on one thread, one task after
 * the other.
 */
public final class KitCost {
  private KitCost() {}

  /** A closed load of tasks without a step. */
  static Spec specOfEmptyTasks(int concurrency) {
    return new Gson()
        .fromJson(
            "{\"protocol\": 2, \"workers\": 1, \"load\": {\"kind\": \"closed\", \"concurrency\": %d,"
                    .formatted(concurrency)
                + " \"duration_ns\": 1}, \"scripts\": [{\"class\": \"\", \"digest\":"
                + " \"0000000000000000\", \"steps\": []}], \"order\": [0]}",
            Spec.class);
  }

  private static final class Alone extends BlockingModel {
    Alone() {
      super(new Environment(1, 1, 0, Map.of()));
    }

    long tasks(Task task, long count) {
      long begin = System.nanoTime();
      for (long i = 0; i < count; i++) {
        run(task);
      }
      return System.nanoTime() - begin;
    }

    @Override
    protected void enqueue(Task task) {}

    @Override
    protected long fanOut(int width, Branch branch) {
      return 0;
    }
  }

  public static void main(String[] arguments) {
    Spec spec = specOfEmptyTasks(1);
    Work work = new Work(spec);
    Load load = new Load(spec, work, true);
    load.setWindow(0, Load.NEVER);
    Alone model = new Alone();
    model.begin(new Model.Run(load, new Connection[0], 0, null));
    load.fill();
    Task task = load.nextFirst();
    long count = 5_000_000;
    for (int round = 0; round < 5; round++) {
      System.out.printf("%.1f ns a task%n", (double) model.tasks(task, count) / count);
    }
  }
}
