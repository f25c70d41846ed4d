package cbench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import cbench.kit.BlockingModel.Branch;
import cbench.kit.Model;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What becomes of a fan-out of whose branches one fails. */
class FanOutTest {
  private static final Model.Environment TWO_WORKERS = new Model.Environment(2, 1, 0, Map.of());

  private interface FansOut {
    long fanOut(int width, Branch branch) throws Exception;
  }

  private static final FansOut THREADS = new ThreadForEachTask(TWO_WORKERS)::fanOut;
  private static final FansOut POOL = new Pool(TWO_WORKERS)::fanOut;

  private static long noThreadIsLeft(int index) {
    throw new OutOfMemoryError("unable to create native thread");
  }

  private static long deepDown(int index) {
    return deepDown(index + 1) + 1;
  }

  /** It ends, and the error says why. */
  private static void fails(Class<? extends Throwable> error, Executable fanOut) {
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> assertThrows(error, fanOut));
  }

  @Test
  void anErrorInABranchEndsTheFanOut() {
    for (FansOut model : new FansOut[] {THREADS, POOL}) {
      fails(OutOfMemoryError.class, () -> model.fanOut(3, FanOutTest::noThreadIsLeft));
      fails(StackOverflowError.class, () -> model.fanOut(3, FanOutTest::deepDown));
    }
  }

  @Test
  void anErrorInABranchOfABranchEndsBothFanOuts() {
    for (FansOut model : new FansOut[] {THREADS, POOL}) {
      fails(
          OutOfMemoryError.class,
          () -> model.fanOut(2, outer -> model.fanOut(3, FanOutTest::noThreadIsLeft)));
    }
  }

  @Test
  void anExceptionInABranchIsThatOfTheFanOut() {
    for (FansOut model : new FansOut[] {THREADS, POOL}) {
      fails(
          IllegalStateException.class,
          () ->
              model.fanOut(
                  3,
                  index -> {
                    throw new IllegalStateException("broken");
                  }));
    }
  }

  @Test
  void branchesThatEndWellAddUp() throws Exception {
    for (FansOut model : new FansOut[] {THREADS, POOL}) {
      assertEquals(0 + 1 + 2, model.fanOut(3, index -> index));
    }
  }
}
