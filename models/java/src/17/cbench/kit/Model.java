package cbench.kit;

import java.io.IOException;
import java.util.Map;
import java.util.function.Supplier;

/** One idiom of running tasks. */
public interface Model {
  /**
   * Takes a task and returns without waiting for it. From one thread at a time, whichever it is.
   */
  void submit(Task task);

  /**
   * Takes the first tasks of a closed or fixed load, which `next` returns until it returns null.
   */
  default void submitFirst(Supplier<Task> next) {
    for (Task task = next.get(); task != null; task = next.get()) {
      submit(task);
    }
  }

  /** Blocks until no task that was submitted, or that followed one, is in flight. */
  void drain() throws InterruptedException;

  /**
   * How many of the model's units there were, once it is drained. `tasks` is how many tasks
   * finished.
   */
  long units(long tasks);

  /** Whether its threads live long: then each keeps counters of its own. */
  default boolean threadsLive() {
    return true;
  }

  /** Whether it opens its connections in a way of its own, in begin. */
  default boolean connectsItself() {
    return false;
  }

  /** What a model is made from. */
  record Environment(int workers, int slots, int locks, Map<String, String> settings) {}

  /** Called once, before the first submit. */
  void begin(Run run) throws IOException;

  /**
   * What a model runs tasks with: the load that takes them back, and the connections, `lanes` for
   * each slot.
   */
  record Run(Load load, Connection[] connections, int lanes, Peer peer) {}

  /** Where requests go; null where there are none. */
  record Peer(String address, int port) {}
}
