package cbench.kit;

import java.util.concurrent.atomic.AtomicInteger;

/** How many tasks are in flight, for whoever waits until none is. */
public final class InFlight {
  private final AtomicInteger count = new AtomicInteger();

  public void add() {
    count.getAndIncrement();
  }

  public void remove() {
    if (count.decrementAndGet() == 0) {
      synchronized (this) {
        notifyAll();
      }
    }
  }

  public synchronized void await() throws InterruptedException {
    while (count.get() > 0) {
      wait();
    }
  }
}
