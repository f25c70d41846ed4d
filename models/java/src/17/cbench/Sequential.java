package cbench;

import cbench.kit.BlockingModel;
import cbench.kit.Task;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** One thread that runs one task after the other: the baseline of the others. */
final class Sequential extends BlockingModel {
  private final BlockingQueue<Task> queue = new LinkedBlockingQueue<>();

  Sequential(Environment environment) {
    super(environment);
    Thread worker = new Thread(this::work, "sequential");
    worker.setDaemon(true);
    worker.start();
  }

  @Override
  protected void enqueue(Task task) {
    queue.add(task);
  }

  private void work() {
    try {
      for (Task task = queue.take(); ; task = queue.take()) {
        while (run(task)) {
          Task other = queue.poll();
          if (other != null) { // it is another slot's turn
            queue.add(task);
            task = other;
          }
        }
        ended(task, false);
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  protected long fanOut(int width, Branch branch) throws Exception {
    long sum = 0;
    for (int index = 0; index < width; index++) {
      sum += branch.run(index);
    }
    return sum;
  }
}
