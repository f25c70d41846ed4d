package cbench.kit;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The one trial of this process, as the parent asks for it on standard input (docs/protocol.md).
 */
public final class Trial {
  private static final long NOTICE_NS =
      2_000_000; // between the announcement of the window and its begin
  private static final Gson GSON =
      new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private final OutputStream events;
  private volatile int exitStatus = 1;

  Trial(OutputStream events) {
    this.events = events;
  }

  /** `make` gives the model of a name; null where there is none. Does not return. */
  public static void main(BiFunction<String, Model.Environment, Model> make) throws IOException {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
    Trial trial = new Trial(new FileOutputStream("/proc/self/fd/3"));
    String line = input.readLine();
    if (line == null) {
      Runtime.getRuntime().halt(1);
    }
    Thread watch = new Thread(() -> trial.endWith(input), "end of input");
    watch.setDaemon(true);
    watch.start();
    trial.sayRecord(line, make);
    waitForEver();
  }

  private static void waitForEver() {
    new CompletableFuture<Void>().join();
  }

  /** The end of the input is the end of the process, whatever it does. */
  private void endWith(BufferedReader input) {
    try {
      while (input.read() >= 0) {}
    } catch (IOException closed) {
      // It has ended, too.
    }
    Runtime.getRuntime().halt(exitStatus);
  }

  private void say(Map<String, Object> event) {
    try {
      events.write((GSON.toJson(event) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException error) {
      System.err.println("descriptor 3 takes no events: " + error.getMessage());
      Runtime.getRuntime().halt(1);
    }
  }

  private static Map<String, Object> event(String name) {
    Map<String, Object> event = new LinkedHashMap<>();
    event.put("event", name);
    return event;
  }

  private void sayRecord(String line, BiFunction<String, Model.Environment, Model> make) {
    Map<String, Object> record = event("record");
    record.put("trial", "");
    record.put("status", "ok");
    record.put("reason", "");
    try {
      Spec spec = GSON.fromJson(line, Spec.class);
      record.put("trial", spec.trial);
      spec.check();
      measure(spec, make, record);
      exitStatus = 0;
    } catch (Unsupported what) {
      refuse(record, "unsupported", what);
    } catch (JsonSyntaxException unreadable) {
      refuse(
          record, "failed", new IOException("the spec cannot be read: " + unreadable.getMessage()));
    } catch (Exception | OutOfMemoryError error) {
      refuse(record, "failed", error);
    }
    say(record);
  }

  private static void refuse(Map<String, Object> record, String status, Throwable error) {
    record.put("status", status);
    String reason = error.getMessage() == null ? error.toString() : error.getMessage();
    record.put("reason", reason.replace('\n', ' '));
    record.remove("tasks");
  }

  private void measure(
      Spec spec, BiFunction<String, Model.Environment, Model> make, Map<String, Object> record)
      throws Exception {
    Work work = new Work(spec);
    Model model =
        make.apply(
            spec.model,
            new Model.Environment(spec.workers, spec.load.concurrency, work.locks, spec.settings));
    if (model == null) {
      throw new IllegalArgumentException("this program has no model \"%s\"".formatted(spec.model));
    }
    Load load = new Load(spec, work, model.threadsLive());
    if (work.lanes > 0 && spec.peer == null) {
      throw new IllegalArgumentException("the scripts make requests, but the spec names no peer");
    }
    model.begin(new Model.Run(load, connections(spec, work, model), work.lanes, spec.peer()));
    Map<String, Object> ready = event("ready");
    ready.put("protocol", Spec.VERSION);
    ready.put("runtime", runtime());
    ready.put("processes", false);
    say(ready);
    Long finish = bring(spec.load, load, model, record);
    say(event("ended"));
    write(load, model, record);
    record.put("finish_ns", finish);
  }

  private static Connection[] connections(Spec spec, Work work, Model model) throws IOException {
    return work.lanes == 0 || model.connectsItself()
        ? new Connection[0]
        : Connection.open(spec.peer(), spec.load.concurrency * work.lanes);
  }

  private static Map<String, String> runtime() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("name", "java");
    facts.put("version", System.getProperty("java.version"));
    facts.put("vm", System.getProperty("java.vm.name"));
    return facts;
  }

  /**
   * Brings the tasks, and returns when the last has ended: of fixed work the instant of its finish,
   * else null.
   */
  Long bring(Spec.LoadSpec spec, Load load, Model model, Map<String, Object> record)
      throws Exception {
    if (spec.fixed()) {
      long begin = System.nanoTime() + NOTICE_NS;
      sayWindow(begin, null);
      sleepUntil(begin, load);
      load.setWindow(begin, Load.NEVER);
      submitFirst(load, model);
      drain(load, model);
      record.put("settled", true);
      return load.lastFinish();
    }
    if (spec.open()) {
      bringArrivals(spec, load, model);
      record.put("settled", true);
      return null;
    }
    long submitted = System.nanoTime();
    submitFirst(load, model);
    sleepUntil(submitted + spec.warmup_ns, load);
    await(load.settled, submitted + spec.most_warmup_ns, load);
    long begin = System.nanoTime() + NOTICE_NS;
    long end = begin + spec.duration_ns;
    load.setWindow(begin, end);
    record.put("settled", load.isSettled());
    sayWindow(begin, end);
    sleepUntil(end, load);
    drain(load, model);
    return null;
  }

  private void bringArrivals(Spec.LoadSpec spec, Load load, Model model) throws Exception {
    Arrivals arrivals = new Arrivals(load, model, spec, System.nanoTime() + 5 * NOTICE_NS);
    long begin = arrivals.drain() - spec.drain_ns - spec.duration_ns;
    long end = begin + spec.duration_ns;
    load.setWindow(begin, end);
    load.setLast(arrivals.drain());
    sayWindow(begin, end);
    arrivals.start();
    sleepUntil(begin, load);
    arrivals.readCpuAtBegin();
    sleepUntil(end, load);
    arrivals.readCpuAtEnd();
    // A generator that is late brings what was due all the same: a row says how late.
    await(arrivals.allHaveCome, Long.MAX_VALUE, load);
    await(arrivals.noneWaits, arrivals.drain(), load);
    drain(load, model);
  }

  private void sayWindow(long begin, Long end) {
    Map<String, Object> window = event("window");
    window.put("begin_ns", begin);
    window.put("end_ns", end);
    say(window);
  }

  private static void submitFirst(Load load, Model model) {
    load.fill();
    model.submitFirst(() -> load.hasFailed() ? null : load.nextFirst());
  }

  /** Or until something has failed. */
  private static void sleepUntil(long instant, Load load) throws Exception {
    await(load.failed, instant, load);
  }

  private static void await(CompletableFuture<?> what, long until, Load load) throws Exception {
    try {
      long left = Math.max(until - System.nanoTime(), 0);
      CompletableFuture.anyOf(what, load.failed).get(left, TimeUnit.NANOSECONDS);
    } catch (TimeoutException over) {
      // As long as it may take.
    }
  }

  /**
   * Blocks until the model is drained, or a task has failed: what is in flight then ends with the
   * process.
   */
  private static void drain(Load load, Model model) throws Exception {
    CompletableFuture<Void> drained = new CompletableFuture<>();
    Thread waits =
        new Thread(
            () -> {
              try {
                model.drain();
                drained.complete(null);
              } catch (InterruptedException ended) {
                drained.completeExceptionally(ended);
              }
            },
            "drain");
    waits.setDaemon(true);
    waits.start();
    CompletableFuture.anyOf(drained, load.failed).get();
    if (load.hasFailed()) {
      Throwable error = load.failed.get();
      String text = error.getMessage() == null ? error.toString() : error.getMessage();
      throw new IllegalStateException(text, error);
    }
  }

  private static void write(Load load, Model model, Map<String, Object> record) {
    Recorder recorder = load.recorder;
    long[] slices = recorder.slices();
    long tasks = LongStream.of(slices).sum();
    long total = tasks + recorder.before() + recorder.after();
    List<long[]> response = recorder.merged(times -> times.response);
    record.put("tasks", tasks);
    record.put("tasks_total", total);
    record.put("units", model.units(total));
    record.put("digest", "%016x".formatted(recorder.difference()));
    record.put("slices", load.isFixed() ? new long[0] : slices);
    int[] counted =
        IntStream.range(0, load.slots.length).map(i -> load.slots[i].counted).sorted().toArray();
    record.put("slots", Map.of("fewest", counted[0], "most", counted[counted.length - 1]));
    record.put("switches", null);
    record.put("warnings", List.of());
    record.put("queueing", recorder.merged(times -> times.queueing));
    record.put("service", recorder.merged(times -> times.service));
    record.put("response", response);
    Map<String, Object> classes = new LinkedHashMap<>();
    for (int i = 0; i < load.work.classes.size(); i++) {
      int kind = i;
      classes.put(load.work.classes.get(i), recorder.merged(times -> times.ofClasses.get(kind)));
    }
    record.put("classes", classes);
    if (recorder.firstFinish() != 0) {
      record.put("first_finish_ns", recorder.firstFinish());
      record.put("first_service", recorder.firstService());
    }
    if (load.arrivals != null) {
      long inHistogram = response.stream().mapToLong(pair -> pair[1]).sum();
      record.put("open", load.arrivals.written(tasks, total, inHistogram));
    }
  }
}
