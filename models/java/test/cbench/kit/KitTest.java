package cbench.kit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Holds the kit against the figures that docs/protocol.md names. */
class KitTest {
  private static List<Step> steps(String json) {
    return Step.parse(
        new Gson().fromJson(json.replace('\'', '"'), JsonArray.class), new HashMap<>());
  }

  @Test
  void aRequestFoldsItsBytesAndItsDelay() {
    long folded = Digest.fold(64, 20_000_000);
    assertEquals(0x8fd0705e935309c6L, Digest.fold(0, folded));
  }

  @Test
  void kernelsReturnWhatThePageSays() {
    assertEquals(2262, Kernel.named("primes").run(20_000));
    assertEquals(528_306, Kernel.named("memory").run(1));
    assertEquals(653_470, Kernel.named("memory").run(100_000));
    assertEquals(Digest.mix64(Digest.mix64(1)), Kernel.named("mix").run(2));
    assertThrows(IllegalStateException.class, () -> Kernel.named("fault").run(1));
    assertEquals(null, Kernel.named("sort"));
  }

  @Test
  void timesAreCountedWhereThePageSays() {
    assertEquals(1000, Histogram.indexOf(1000));
    assertEquals(2047, Histogram.indexOf(2047));
    assertEquals(3298, Histogram.indexOf(5000));
    assertEquals(15_556, Histogram.indexOf(20_000_000));
    assertEquals(Histogram.indexOf(Histogram.LONGEST_NS), Histogram.indexOf(Long.MAX_VALUE));
    assertEquals(0, Histogram.indexOf(-5));
  }

  @Test
  void histogramsAddUp() {
    Histogram one = new Histogram();
    Histogram other = new Histogram();
    one.add(1000);
    other.add(1000);
    other.add(5000);
    List<long[]> pairs = Histogram.sparse(List.of(one, other));
    assertEquals(2, pairs.size());
    assertEquals(List.of(1000L, 2L), List.of(pairs.get(0)[0], pairs.get(0)[1]));
    assertEquals(List.of(3298L, 1L), List.of(pairs.get(1)[0], pairs.get(1)[1]));
  }

  @Test
  void anInstantLiesInItsSliceOfTheWindow() {
    Spec spec = KitCost.specOfEmptyTasks(1);
    Load load = new Load(spec, new Work(spec), true);
    long now = System.nanoTime();
    assertEquals(-1, load.sliceOf(now), "the window is not known");
    load.setWindow(now, now + 2000);
    long[] since = {-1L << 50, -2000, -1, 0, 99, 100, 1899, 1900, 1999, 2000, 1L << 50};
    int[] slices = {-1, -1, -1, 0, 0, 1, 18, 19, 19, 20, 20};
    for (int i = 0; i < since.length; i++) {
      assertEquals(slices[i], load.sliceOf(now + since[i]), since[i] + " ns");
      assertEquals(since[i] >= 0 && since[i] < 2000 ? 1 : 0, Recorder.within(slices[i]));
    }
    load.setWindow(now, Load.NEVER);
    assertEquals(0, load.sliceOf(now + 3_600_000_000_000L), "fixed work has one slice");
  }

  @Test
  void tasksOutsideOfTheWindowAreCountedButTheirTimesAreNot() {
    Spec spec = KitCost.specOfEmptyTasks(1);
    Work work = new Work(spec);
    Load load = new Load(spec, work, true);
    load.fill();
    Task task = load.nextFirst();
    long hour = 3_600_000_000_000L;
    long[] begins = {hour, -hour / 2, -2 * hour}; // since now; the window takes an hour
    for (int i = 0; i < begins.length; i++) {
      long begin = System.nanoTime() + begins[i];
      load.setWindow(begin, begin + hour);
      for (int k = 0; k <= i; k++) {
        load.finish(task, System.nanoTime(), 0);
      }
    }
    Recorder recorder = load.recorder;
    assertEquals(
        List.of(1L, 2L, 3L), List.of(recorder.before(), recorder.slices()[10], recorder.after()));
    assertEquals(2, task.counted);
    for (List<long[]> times :
        List.of(
            recorder.merged(counted -> counted.queueing),
            recorder.merged(counted -> counted.service),
            recorder.merged(counted -> counted.response))) {
      assertEquals(2, times.stream().mapToLong(pair -> pair[1]).sum());
    }
  }

  private static Arrivals.Schedule schedule(String arrivals) {
    Spec.LoadSpec load = new Spec.LoadSpec();
    load.rate_per_s = 1000;
    load.arrivals = arrivals;
    load.seed_of_arrivals = "0000000000000001";
    return new Arrivals.Schedule(load);
  }

  @Test
  void poissonArrivalsAreDueWhenThePageSays() {
    Arrivals.Schedule schedule = schedule("poisson");
    for (long due : new long[] {836_005, 1_730_509, 1_850_927, 2_415_604}) {
      assertEquals(due, schedule.due());
      schedule.next();
    }
    while (schedule.index() < 999) {
      schedule.next();
    }
    assertEquals(979_497_861, schedule.due());
  }

  @Test
  void constantArrivalsAreEquallyFarApart() {
    Arrivals.Schedule schedule = schedule("constant");
    for (int i = 0; i < 5; i++) {
      assertEquals(i * 1_000_000L, schedule.due());
      schedule.next();
    }
  }

  @Test
  void aStepThatIsNotKnownIsRefusedByName() {
    for (String step :
        List.of(
            "{'do': 'hop', 'stage': 1}",
            "{'do': 'wait', 'time_ns': 1, 'jitter': 2}",
            "{'do': 'compute', 'kernel': 'sort', 'amount': 1}",
            "{'time_ns': 1}")) {
      assertThrows(Unsupported.class, () -> steps("[" + step + "]"), step);
    }
  }

  @Test
  void aTaskNeedsAsManyConnectionsAsItsBranchesUseAtOnce() {
    String ask = "{'do': 'request', 'bytes': 1, 'delay_ns': 1}";
    assertEquals(0, Step.lanes(steps("[{'do': 'wait', 'time_ns': 1}]")));
    assertEquals(1, Step.lanes(steps("[%s, %s]".formatted(ask, ask))));
    String three = "{'do': 'fan_out', 'width': 3, 'body': [%s]}".formatted(ask);
    assertEquals(
        3,
        Step.lanes(
            steps("[%s, {'do': 'critical', 'lock': 7, 'body': [%s]}]".formatted(three, ask))));
    assertEquals(
        6, Step.lanes(steps("[{'do': 'fan_out', 'width': 2, 'body': [%s]}]".formatted(three))));
  }

  private static void answer(ByteBuffer buffer) {
    buffer.putLong(24, ~buffer.getLong(16));
  }

  @Test
  void aReplyMustBeTheOneThatWasAskedForAndNotEarly() {
    Frame frame = new Frame();
    answer(frame.begin(new Step.Request(64, 0)));
    assertEquals(Digest.fold(64, 0), frame.checked());

    ByteBuffer other = frame.begin(new Step.Request(64, 0));
    answer(other);
    other.putLong(16, 1);
    assertTrue(
        assertThrows(IllegalStateException.class, frame::checked)
            .getMessage()
            .contains("asked for"));

    answer(frame.begin(new Step.Request(64, 3_600_000_000_000L)));
    assertTrue(
        assertThrows(IllegalStateException.class, frame::checked).getMessage().contains("early"));
  }

  @Test
  void aReplyMustHaveThePayloadThatWasSent() {
    Frame frame = new Frame();
    for (int bytes : new int[] {64, 0, 65_536, 1, 100}) {
      Step.Request request = new Step.Request(bytes, 0);
      answer(frame.begin(request));
      assertEquals(Digest.fold(bytes, 0), frame.checked());
      for (int at : new int[] {0, bytes / 2, bytes - 1}) {
        if (bytes > 0) {
          ByteBuffer reply = frame.begin(request);
          answer(reply);
          byte right = reply.get(Frame.HEADER_BYTES + at);
          reply.put(Frame.HEADER_BYTES + at, (byte) ~right);
          String said = assertThrows(IllegalStateException.class, frame::checked).getMessage();
          assertTrue(said.contains("damaged"), "byte %d of %d: %s".formatted(at, bytes, said));
          reply.put(Frame.HEADER_BYTES + at, right);
        }
      }
    }
  }

  @Test
  void everySlotIsFilledOnceByWhoeverComesFirst() throws Exception {
    Spec spec = KitCost.specOfEmptyTasks(1000);
    Load load = new Load(spec, new Work(spec), true);
    assertNull(load.nextFirst(), "nobody fills the slots of an open load");
    load.fill();
    AtomicIntegerArray given = new AtomicIntegerArray(1000);
    Runnable fill =
        () -> {
          for (Task task = load.nextFirst(); task != null; task = load.nextFirst()) {
            given.getAndIncrement(task.slot);
          }
        };
    Thread helper = new Thread(fill);
    helper.start();
    fill.run();
    helper.join();
    for (int slot = 0; slot < 1000; slot++) {
      assertEquals(1, given.get(slot));
    }
    assertNull(load.nextFirst());
  }

  @Test
  void slotsOfAClosedLoopBeginSpreadOverTheOrder() {
    Spec spec = KitCost.specOfEmptyTasks(3);
    spec.order = new int[] {0, 0, 0, 0, 0};
    Load load = new Load(spec, new Work(spec), true);
    load.fill();
    for (long turn : new long[] {0, 1, 3}) {
      Task task = load.nextFirst();
      assertEquals(turn, task.turn);
      assertTrue(load.finish(task, System.nanoTime(), 0));
      assertEquals(turn + 1, task.turn);
    }
  }

  /** Runs each task where it is submitted, and is long in telling that it is drained. */
  private static class SlowToDrain implements Model {
    private final Load load;
    private long last;

    SlowToDrain(Load load) {
      this.load = load;
    }

    @Override
    public void begin(Run run) {}

    @Override
    public void submit(Task task) {
      while (load.finish(task, System.nanoTime(), 0)) {}
      last = System.nanoTime();
    }

    @Override
    public void drain() throws InterruptedException {
      Thread.sleep(50);
    }

    @Override
    public long units(long tasks) {
      return 0;
    }
  }

  @Test
  void fixedWorkEndsWithItsLastFinishWheneverTheModelTells() throws Exception {
    Spec spec = KitCost.specOfEmptyTasks(4);
    spec.load.kind = "fixed";
    spec.load.tasks = 10;
    Load load = new Load(spec, new Work(spec), true);
    SlowToDrain model = new SlowToDrain(load);
    long before = System.nanoTime();
    Trial trial = new Trial(OutputStream.nullOutputStream());
    long finish = trial.bring(spec.load, load, model, new HashMap<>());
    assertTrue(before < finish && finish <= model.last, before + " " + finish + " " + model.last);
  }

  private static Spec openLoad() {
    Spec spec = KitCost.specOfEmptyTasks(4);
    spec.load.kind = "open";
    spec.load.rate_per_s = 5000;
    spec.load.arrivals = "constant";
    spec.load.late = "wait";
    spec.load.warmup_ns = 0;
    spec.load.duration_ns = 100_000_000;
    spec.load.drain_ns = 1_000_000;
    return spec;
  }

  @Test
  void whatALateGeneratorBringsAfterTheWindowIsCounted() throws Exception {
    Spec spec = openLoad();
    Load load = new Load(spec, new Work(spec), true);
    Model slow =
        new SlowToDrain(load) {
          @Override
          public void submit(Task task) {
            LockSupport.parkNanos(1_000_000);
            super.submit(task);
          }
        };
    new Trial(OutputStream.nullOutputStream()).bring(spec.load, load, slow, new HashMap<>());
    assertTrue(load.arrivals.allHaveCome.isDone(), "the generator still counts");
  }

  @Test
  void theLagIsTheGeneratorsAndNotWhatTheModelTakesToBeTold() throws Exception {
    long telling = 20_000_000;
    Spec spec = openLoad();
    spec.load.rate_per_s = 25;
    Load load = new Load(spec, new Work(spec), true);
    Model slow =
        new SlowToDrain(load) {
          @Override
          public void submit(Task task) {
            long until = System.nanoTime() + telling;
            while (System.nanoTime() < until) {
              LockSupport.parkNanos(until - System.nanoTime());
            }
            super.submit(task);
          }
        };
    new Trial(OutputStream.nullOutputStream()).bring(spec.load, load, slow, new HashMap<>());
    List<long[]> lag = load.arrivals.lag();
    assertTrue(lag.get(0)[0] < Histogram.indexOf(telling), "the least is " + lag.get(0)[0]);
  }

  @Test
  void aModelThatCannotTakeAnArrivalEndsTheTrialWithItsReason() {
    Spec spec = openLoad();
    Load load = new Load(spec, new Work(spec), true);
    Model without =
        new SlowToDrain(load) {
          @Override
          public void submit(Task task) {
            throw new OutOfMemoryError("unable to create native thread");
          }
        };
    Trial trial = new Trial(OutputStream.nullOutputStream());
    IllegalStateException ended =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    IllegalStateException.class,
                    () -> trial.bring(spec.load, load, without, new HashMap<>())));
    assertEquals("unable to create native thread", ended.getMessage());
  }
}
