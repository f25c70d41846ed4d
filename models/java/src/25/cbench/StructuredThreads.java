package cbench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.StructuredTaskScope;
import java.util.concurrent.StructuredTaskScope.Subtask;

/**
 * A virtual thread for each task; the branches of a fan-out are the subtasks of a structured task
 * scope.
 */
public final class StructuredThreads extends Forked {
  public StructuredThreads(Environment environment) {
    super(environment, Thread.ofVirtual().factory());
  }

  @Override
  protected long fanOut(int width, Branch branch) throws Exception {
    countBranches(width);
    try (var scope = StructuredTaskScope.<Long>open()) {
      List<Subtask<Long>> subtasks = new ArrayList<>(width);
      for (int i = 0; i < width; i++) {
        int index = i;
        subtasks.add(scope.fork(() -> branch.run(index)));
      }
      scope.join();
      return subtasks.stream().mapToLong(Subtask::get).sum();
    } catch (StructuredTaskScope.FailedException failed) {
      throw failed.getCause() instanceof Exception cause ? cause : failed;
    }
  }
}
