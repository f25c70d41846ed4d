package cbench.kit;

/**
 * The task that a slot has in flight. The tasks of a slot follow one another in the same object.
 */
public final class Task {
  final int slot;
  Work.Script script;
  long turn;
  long scheduled;
  int counted; // tasks of this slot that finished within the window

  Task(int slot) {
    this.slot = slot;
  }

  /** Slots are counted from 0. */
  public int slot() {
    return slot;
  }
}
