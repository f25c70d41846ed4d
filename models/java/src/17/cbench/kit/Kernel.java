package cbench.kit;

/** Computes over an amount. Its result, or its error, is that of the step. */
interface Kernel {
  long run(long amount);

  /** Null where there is none of that name. What a kernel needs is made here, during the set-up. */
  static Kernel named(String name) {
    return switch (name) {
      case "primes" -> Kernel::primes;
      case "mix" -> Kernel::mix;
      case "memory" -> new Chase();
      case "fault" ->
          amount -> {
            throw new IllegalStateException("the fault kernel ran: this task is meant to fail");
          };
      default -> null;
    };
  }

  private static long primes(long below) {
    long found = 0;
    for (int candidate = 2; candidate < below; candidate++) {
      boolean prime = true;
      for (int divisor = 2; divisor * divisor <= candidate; divisor++) {
        if (candidate % divisor == 0) {
          prime = false;
          break;
        }
      }
      if (prime) {
        found++;
      }
    }
    return found;
  }

  private static long mix(long rounds) {
    long state = 1;
    for (long i = 0; i < rounds; i++) {
      state = Digest.mix64(state);
    }
    return state;
  }

  /** One cycle through a table that is larger than a cache, an entry in each line of it. */
  final class Chase implements Kernel {
    private static final int ENTRIES = 1 << 20;
    private static final int INTS_OF_A_LINE = 64 / Integer.BYTES;
    private static int[] table; // made once

    Chase() {
      synchronized (Chase.class) {
        if (table == null) {
          table = filled();
        }
      }
    }

    private static int[] filled() {
      int[] next = new int[ENTRIES * INTS_OF_A_LINE];
      for (int i = 0; i < ENTRIES; i++) {
        next[i * INTS_OF_A_LINE] = i;
      }
      long random = 42;
      for (int i = ENTRIES - 1; i > 0; i--) {
        random = Digest.mix64(random);
        int other = (int) Long.remainderUnsigned(random, i);
        int kept = next[i * INTS_OF_A_LINE];
        next[i * INTS_OF_A_LINE] = next[other * INTS_OF_A_LINE];
        next[other * INTS_OF_A_LINE] = kept;
      }
      return next;
    }

    @Override
    public long run(long loads) {
      int at = 0;
      for (long i = 0; i < loads; i++) {
        at = table[at * INTS_OF_A_LINE];
      }
      return at;
    }
  }
}
