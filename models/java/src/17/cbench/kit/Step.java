package cbench.kit;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One step of a script, ready to be run. */
public sealed interface Step {
  record Compute(Kernel kernel, long amount) implements Step {}

  record Wait(long ns) implements Step {}

  record Request(int bytes, long delayNs) implements Step {}

  /**
   * `lock` counts locks from 0 in the order in which scripts name them; `name` is what it folds.
   */
  record Critical(int lock, long name, List<Step> body) implements Step {}

  /** `lanes` are the connections that a branch needs. */
  record FanOut(int width, int lanes, List<Step> body) implements Step {}

  int MOST_BYTES = 65_536;

  Map<String, Set<String>> FIELDS =
      Map.of(
          "compute", Set.of("do", "kernel", "amount"),
          "wait", Set.of("do", "time_ns"),
          "request", Set.of("do", "bytes", "delay_ns"),
          "critical", Set.of("do", "lock", "body"),
          "fan_out", Set.of("do", "width", "body"));

  /** `locks` numbers the locks that were named so far. */
  static List<Step> parse(JsonArray texts, Map<Long, Integer> locks) {
    List<Step> steps = new ArrayList<>();
    for (JsonElement text : texts) {
      steps.add(parse(text.getAsJsonObject(), locks));
    }
    return List.copyOf(steps);
  }

  /** Another field than those of its kind makes it a step that is not known. */
  private static Step parse(JsonObject text, Map<Long, Integer> locks) {
    String name = text.has("do") ? text.get("do").getAsString() : "";
    Unsupported unknown = new Unsupported("this model does not know the step " + text);
    if (!text.keySet().equals(FIELDS.get(name))) {
      throw unknown;
    }
    switch (name) {
      case "compute" -> {
        Kernel kernel = Kernel.named(text.get("kernel").getAsString());
        if (kernel == null) {
          throw unknown;
        }
        return new Compute(kernel, text.get("amount").getAsLong());
      }
      case "wait" -> {
        return new Wait(text.get("time_ns").getAsLong());
      }
      case "request" -> {
        int bytes = text.get("bytes").getAsInt();
        if (bytes > MOST_BYTES) {
          throw new IllegalArgumentException(
              "a request of %d bytes is larger than a frame may be: %d"
                  .formatted(bytes, MOST_BYTES));
        }
        return new Request(bytes, text.get("delay_ns").getAsLong());
      }
      case "critical" -> {
        long lock = text.get("lock").getAsLong();
        locks.putIfAbsent(lock, locks.size());
        return new Critical(locks.get(lock), lock, parse(text.getAsJsonArray("body"), locks));
      }
      default -> {
        List<Step> body = parse(text.getAsJsonArray("body"), locks);
        return new FanOut(text.get("width").getAsInt(), lanes(body), body);
      }
    }
  }

  /** How many connections the steps need at once. */
  static int lanes(List<Step> steps) {
    int most = 0;
    for (Step step : steps) {
      int needed = 0;
      if (step instanceof Request) {
        needed = 1;
      } else if (step instanceof Critical critical) {
        needed = lanes(critical.body);
      } else if (step instanceof FanOut fanOut) {
        needed = fanOut.width * fanOut.lanes;
      }
      most = Math.max(most, needed);
    }
    return most;
  }
}
