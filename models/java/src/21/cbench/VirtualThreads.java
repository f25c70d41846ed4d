package cbench;

/**
 * A virtual thread for each task, on as many carriers as there are workers (a flag of the JVM, in
 * the manifest).
 */
public final class VirtualThreads extends Forked {
  public VirtualThreads(Environment environment) {
    super(environment, Thread.ofVirtual().factory());
  }
}
