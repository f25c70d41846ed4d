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
  boolean settled; // whether the slot has finished a task

  // Keep the tasks of two slots, which threads write to, two cache lines apart.
  @SuppressWarnings("unused")
  private long a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11;

  Task(int slot) {
    this.slot = slot;
  }

  /** Slots are counted from 0. */
  public int slot() {
    return slot;
  }
}
