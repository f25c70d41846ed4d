package cbench.kit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All scripts of a trial. */
final class Work {
  /** What one task does. `kind` is the index of its class; `digest` is what it must return. */
  record Script(List<Step> steps, int kind, long digest) {}

  final Script[] scripts;
  final List<String> classes = new ArrayList<>(); // empty where scripts have none
  final int lanes; // connections that a task needs at once
  final int locks;
  private final int[] order;

  Work(Spec spec) {
    order = spec.order;
    scripts = new Script[spec.scripts.size()];
    Map<Long, Integer> numbers = new HashMap<>();
    int most = 0;
    for (int i = 0; i < scripts.length; i++) {
      Spec.ScriptSpec written = spec.scripts.get(i);
      List<Step> steps = Step.parse(written.steps, numbers);
      if (!written.kind.isEmpty() && !classes.contains(written.kind)) {
        classes.add(written.kind);
      }
      scripts[i] =
          new Script(
              steps,
              Math.max(classes.indexOf(written.kind), 0),
              Long.parseUnsignedLong(written.digest, 16));
      most = Math.max(most, Step.lanes(steps));
    }
    lanes = most;
    locks = numbers.size();
  }

  /** Of the first task of a slot of a closed loop: they are spread evenly over the order. */
  long firstTurn(int slot, int slots) {
    return (long) slot * order.length / slots;
  }

  Script scriptOf(long turn) {
    return scripts[order.length == 1 ? order[0] : order[(int) (turn % order.length)]];
  }
}
