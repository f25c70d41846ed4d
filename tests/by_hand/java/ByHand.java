import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.CompletionHandler;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;

/**
 * Programs by hand in Java, which the models of models/java are held against
 * (scripts/bars_runtimes): the same work and the same frames to the same peer, without anything of
 * theirs. They record alike: of every task the instants at which it was scheduled (when the one
 * before in its slot finished), started and finished, and the same three histograms, of queueing,
 * service and response times. There is no digest of what tasks return.
 *
 * <p>java ByHand.java MODE [workers=2] [concurrency=1000] [delay=10ms] [port=PORT]
 * [duration=2000ms] [warmup=500ms] | [tasks=N]
 *
 * <p>Modes: noop-threads, noop-virtual: a thread for each task; noop: tasks of a pool; io-threads,
 * io-virtual: a thread for each request; io: asynchronous channels; cpu: tasks of a pool;
 * sleep-virtual, sleep: so many sleepers at once.
 */
public final class ByHand {
  private static final long LEAST_WARMUP_MS = 1000; // code is compiled while it runs
  private final int workers;
  private final int concurrency;
  private final int port;
  private final int tasks;
  private final long delayMs;
  private final long durationMs;
  private final long warmupMs;
  private final CountDownLatch running;
  private volatile Window window;

  /**
   * What is counted of tasks that finish from begin on and before end, in shards: adding to memory
   * that another CPU has written takes ten times as long.
   */
  private static final class Window {
    final long begin;
    final long end;
    private final Times[] shared;
    private final Queue<Times> owned = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<Times> own = ThreadLocal.withInitial(this::addOwned);

    Window(long begin, long end, int workers) {
      this.begin = begin;
      this.end = end;
      shared = Stream.generate(Times::new).limit(workers).toArray(Times[]::new);
    }

    private Times addOwned() {
      Times shard = new Times();
      owned.add(shard);
      return shard;
    }

    /** By a thread that lives long: it has a shard to itself. */
    void addOwn(long scheduled, long started, long finished) {
      Times times = own.get();
      addPlain(times.queueing, started - scheduled);
      addPlain(times.service, finished - started);
      addPlain(times.response, finished - scheduled);
    }

    /** By a thread for one task: it takes the shard of the task's slot and of others. */
    void addShared(int slot, long scheduled, long started, long finished) {
      Times times = shared[slot % shared.length];
      times.queueing.getAndIncrement(Times.indexOf(started - scheduled));
      times.service.getAndIncrement(Times.indexOf(finished - started));
      times.response.getAndIncrement(Times.indexOf(finished - scheduled));
    }

    private static void addPlain(AtomicLongArray counts, long ns) {
      int index = Times.indexOf(ns);
      counts.setPlain(index, counts.getPlain(index) + 1);
    }

    /** Of all shards. */
    long[] responses() {
      long[] sum = new long[Times.SIZE];
      Stream.concat(owned.stream(), Arrays.stream(shared))
          .forEach(times -> Arrays.setAll(sum, index -> sum[index] + times.response.get(index)));
      return sum;
    }
  }

  /** Three histograms in HdrHistogram's layout (docs/protocol.md). */
  private static final class Times {
    static final int LINEAR_BITS = 11; // times below 2^11 ns have an index each
    static final int STEP_BITS = 10; // longer ones so many steps for each power of two
    static final long LONGEST_NS = 3_600_000_000_000L;
    static final int SIZE = indexOf(LONGEST_NS) + 1;
    final AtomicLongArray queueing = new AtomicLongArray(SIZE);
    final AtomicLongArray service = new AtomicLongArray(SIZE);
    final AtomicLongArray response = new AtomicLongArray(SIZE);

    static int indexOf(long given) {
      long ns = Math.min(given, LONGEST_NS);
      long linear = (1L << LINEAR_BITS) - 1;
      int bucket = Long.SIZE - Long.numberOfLeadingZeros(ns | linear) - LINEAR_BITS;
      return (bucket << STEP_BITS) + (int) (ns >> bucket);
    }

    /** The longest of the times that are counted at the index up to which that share lies. */
    static long quantile(long[] counts, double share) {
      double wanted = share * Arrays.stream(counts).sum();
      long seen = 0;
      for (int index = 0; index < SIZE; index++) {
        seen += counts[index];
        if (seen > 0 && seen >= wanted) {
          int bucket = Math.max((index >> STEP_BITS) - 1, 0);
          return ((index - ((long) bucket << STEP_BITS) + 1) << bucket) - 1;
        }
      }
      return 0;
    }
  }

  private ByHand(Map<String, String> given) {
    workers = Integer.parseInt(given.getOrDefault("workers", "2"));
    concurrency = Integer.parseInt(given.getOrDefault("concurrency", "1000"));
    port = Integer.parseInt(given.getOrDefault("port", "0"));
    tasks = Integer.parseInt(given.getOrDefault("tasks", "0"));
    delayMs = ms(given.getOrDefault("delay", "10ms"));
    durationMs = ms(given.getOrDefault("duration", "2000ms"));
    warmupMs = Math.max(ms(given.getOrDefault("warmup", "500ms")), LEAST_WARMUP_MS);
    running = new CountDownLatch(concurrency);
  }

  private static long ms(String text) {
    return text.endsWith("ms")
        ? Long.parseLong(text.substring(0, text.length() - 2))
        : 1000 * Long.parseLong(text.substring(0, text.length() - 1));
  }

  public static void main(String[] words) throws Exception {
    Map<String, String> given = new HashMap<>();
    for (int i = 1; i < words.length; i++) {
      String[] parts = words[i].split("=", 2);
      given.put(parts[0], parts[1]);
    }
    ByHand program = new ByHand(given);
    switch (words[0]) {
      case "noop-threads" -> program.noop(Thread::new);
      case "noop-virtual" -> program.noop(Thread.ofVirtual().factory());
      case "noop" -> program.pool(0);
      case "cpu" -> program.pool(20_000);
      case "io" -> program.ioOfFutures();
      case "io-threads" -> program.io(Thread::new);
      case "io-virtual" -> program.io(Thread.ofVirtual().factory());
      case "sleep-virtual" -> program.sleepOfThreads();
      case "sleep" -> program.sleepOfFutures();
      default -> throw new IllegalArgumentException("there is no mode " + words[0]);
    }
    System.exit(0);
  }

  private interface Body {
    void start() throws Exception;
  }

  /**
   * What tasks take before the window is counted too, so that the code is compiled when it opens.
   */
  private void during(Body body) throws Exception {
    window = new Window(0, Long.MAX_VALUE, workers);
    body.start();
    Thread.sleep(warmupMs);
    long begin = System.nanoTime() + 1_000_000; // everybody knows the window by then
    Window measured = new Window(begin, begin + durationMs * 1_000_000, workers);
    window = measured;
    Thread.sleep(1);
    long cpu = cpuNs();
    Thread.sleep(durationMs);
    long used = cpuNs() - cpu;
    running.await();
    long[] responses = measured.responses();
    print(durationMs * 1_000_000, used, Arrays.stream(responses).sum(), responses);
  }

  /** A task finishes now, in a thread that lives long. Returns when that is. */
  private long finishOwn(long scheduled, long started) {
    long finished = System.nanoTime();
    Window current = window;
    if (finished >= current.begin && finished < current.end) {
      current.addOwn(scheduled, started, finished);
    }
    return finished;
  }

  /** A task of the slot finishes now, in a thread of its own. Returns when that is. */
  private long finishShared(int slot, long scheduled, long started) {
    long finished = System.nanoTime();
    Window current = window;
    if (finished >= current.begin && finished < current.end) {
      current.addShared(slot, scheduled, started, finished);
    }
    return finished;
  }

  /** Whether a task that has finished then is followed by another. If not, its slot is over. */
  private boolean goesOn(long finished) {
    boolean over = finished >= window.end;
    if (over) {
      running.countDown();
    }
    return !over;
  }

  private void noop(ThreadFactory threads) throws Exception {
    during(
        () -> {
          for (int slot = 0; slot < concurrency; slot++) {
            startTask(threads, slot, System.nanoTime());
          }
        });
  }

  private void startTask(ThreadFactory threads, int slot, long scheduled) {
    threads
        .newThread(
            () -> {
              long started = System.nanoTime();
              long finished = finishShared(slot, scheduled, started);
              if (goesOn(finished)) {
                startTask(threads, slot, finished);
              }
            })
        .start();
  }

  private void pool(int amount) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    during(
        () -> {
          for (int slot = 0; slot < concurrency; slot++) {
            enqueue(pool, System.nanoTime(), amount);
          }
        });
  }

  private void enqueue(ExecutorService pool, long scheduled, int amount) {
    pool.execute(
        () -> {
          long started = System.nanoTime();
          if (amount > 0 && primesBelow(amount) != 2262) {
            throw new IllegalStateException("another count of primes");
          }
          long finished = finishOwn(scheduled, started);
          if (goesOn(finished)) {
            enqueue(pool, finished, amount);
          }
        });
  }

  private static int primesBelow(int below) {
    int found = 0;
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

  private void io(ThreadFactory threads) throws Exception {
    List<SocketChannel> channels = new ArrayList<>();
    for (int i = 0; i < concurrency; i++) {
      SocketChannel channel = SocketChannel.open();
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_LINGER, 0);
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channels.add(channel);
    }
    during(
        () -> {
          for (int i = 0; i < concurrency; i++) {
            startRequest(threads, i, new Connection(channels.get(i)), System.nanoTime());
          }
        });
  }

  private void startRequest(
      ThreadFactory threads, int slot, Connection connection, long scheduled) {
    threads
        .newThread(
            () -> {
              long started = System.nanoTime();
              ask(connection);
              long finished = finishShared(slot, scheduled, started);
              if (goesOn(finished)) {
                startRequest(threads, slot, connection, finished);
              }
            })
        .start();
  }

  private static final class Connection {
    final SocketChannel channel;
    final ByteBuffer frame = ByteBuffer.allocateDirect(32 + 64).order(ByteOrder.nativeOrder());
    long number;

    Connection(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private void ask(Connection connection) {
    ByteBuffer frame = connection.frame;
    long number = ++connection.number;
    try {
      frame.clear();
      frame.putInt(0, 0x63626e63).putInt(4, 64).putLong(8, delayMs * 1_000_000);
      frame.putLong(16, number).putLong(24, 0);
      while (frame.hasRemaining()) {
        connection.channel.write(frame);
      }
      frame.clear();
      while (frame.hasRemaining()) {
        if (connection.channel.read(frame) < 0) {
          throw new IOException("the peer has gone");
        }
      }
      if (frame.getLong(16) != number || frame.getLong(24) != ~number) {
        throw new IOException("a reply to another frame");
      }
    } catch (IOException error) {
      System.err.println(error.getMessage());
      Runtime.getRuntime().halt(1);
    }
  }

  /** One frame at a time, sent and received by a pool that nothing blocks. */
  private static final class AsyncExchange implements CompletionHandler<Integer, Boolean> {
    final AsynchronousSocketChannel channel;
    final ByteBuffer frame = ByteBuffer.allocateDirect(32 + 64).order(ByteOrder.nativeOrder());
    long number;
    CompletableFuture<Void> answered;

    AsyncExchange(AsynchronousSocketChannel channel) {
      this.channel = channel;
    }

    CompletableFuture<Void> ask(long delayMs) {
      answered = new CompletableFuture<>();
      frame.clear();
      frame.putInt(0, 0x63626e63).putInt(4, 64).putLong(8, delayMs * 1_000_000);
      frame.putLong(16, ++number).putLong(24, 0);
      channel.write(frame, true, this);
      return answered;
    }

    @Override
    public void completed(Integer moved, Boolean sending) {
      if (moved < 0) {
        failed(new IOException("the peer has gone"), sending);
      } else if (frame.hasRemaining()) {
        move(sending);
      } else if (sending) {
        frame.clear();
        move(false);
      } else if (frame.getLong(16) != number || frame.getLong(24) != ~number) {
        failed(new IOException("a reply to another frame"), false);
      } else {
        answered.complete(null);
      }
    }

    private void move(boolean sending) {
      if (sending) {
        channel.write(frame, true, this);
      } else {
        channel.read(frame, false, this);
      }
    }

    @Override
    public void failed(Throwable error, Boolean sending) {
      System.err.println(error.getMessage());
      Runtime.getRuntime().halt(1);
    }
  }

  private void ioOfFutures() throws Exception {
    ExecutorService pool = Executors.newWorkStealingPool(workers);
    AsynchronousChannelGroup group = AsynchronousChannelGroup.withThreadPool(pool);
    List<AsyncExchange> exchanges = new ArrayList<>();
    for (int i = 0; i < concurrency; i++) {
      AsynchronousSocketChannel channel = AsynchronousSocketChannel.open(group);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)).get();
      exchanges.add(new AsyncExchange(channel));
    }
    during(
        () -> {
          for (AsyncExchange exchange : exchanges) {
            askOfFutures(pool, exchange, System.nanoTime());
          }
        });
  }

  private void askOfFutures(ExecutorService pool, AsyncExchange exchange, long scheduled) {
    pool.execute(
        () -> {
          long started = System.nanoTime();
          exchange
              .ask(delayMs)
              .thenRun(
                  () -> {
                    long finished = finishOwn(scheduled, started);
                    if (goesOn(finished)) {
                      askOfFutures(pool, exchange, finished);
                    }
                  });
        });
  }

  private void sleepOfThreads() throws Exception {
    window = new Window(0, Long.MAX_VALUE, workers);
    CountDownLatch left = new CountDownLatch(tasks);
    long cpu = cpuNs();
    long begin = System.nanoTime();
    for (int i = 0; i < tasks; i++) {
      int slot = i;
      long scheduled = System.nanoTime();
      Thread.startVirtualThread(
          () -> {
            long started = System.nanoTime();
            try {
              Thread.sleep(delayMs);
            } catch (InterruptedException ended) {
              Thread.currentThread().interrupt();
            }
            finishShared(slot, scheduled, started);
            left.countDown();
          });
    }
    left.await();
    printSleepers(System.nanoTime() - begin, cpuNs() - cpu);
  }

  private void sleepOfFutures() throws Exception {
    window = new Window(0, Long.MAX_VALUE, workers);
    CountDownLatch left = new CountDownLatch(tasks);
    ExecutorService pool = Executors.newWorkStealingPool(workers);
    var delayed = CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS, pool);
    long cpu = cpuNs();
    long begin = System.nanoTime();
    for (int i = 0; i < tasks; i++) {
      long scheduled = System.nanoTime();
      long started = System.nanoTime();
      CompletableFuture.runAsync(
          () -> {
            finishOwn(scheduled, started);
            left.countDown();
          },
          delayed);
    }
    left.await();
    printSleepers(System.nanoTime() - begin, cpuNs() - cpu);
  }

  private void printSleepers(long wallNs, long usedNs) throws IOException {
    long[] responses = window.responses();
    print(wallNs, usedNs, Arrays.stream(responses).sum(), responses);
  }

  private static void print(long wallNs, long cpuNs, long tasks, long[] responses)
      throws IOException {
    System.out.printf(
        "{\"throughput_per_s\": %.0f, \"cpu_per_task_us\": %.4f, \"wall_s\": %.4f,"
            + " \"peak_rss_bytes\": %d, \"p50_us\": %d, \"p99_us\": %d}%n",
        tasks * 1e9 / wallNs,
        cpuNs / 1e3 / tasks,
        wallNs / 1e9,
        peakBytes(),
        Times.quantile(responses, 0.5) / 1000,
        Times.quantile(responses, 0.99) / 1000);
  }

  private static long peakBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }

  private static long cpuNs() {
    var bean =
        (com.sun.management.OperatingSystemMXBean)
            java.lang.management.ManagementFactory.getOperatingSystemMXBean();
    return bean.getProcessCpuTime();
  }
}
