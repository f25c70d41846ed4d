package cbench;

/** A thread of the operating system for each task: `new Thread(...).start()`. */
final class ThreadForEachTask extends Forked {
  ThreadForEachTask(Environment environment) {
    super(environment, Thread::new);
  }
}
