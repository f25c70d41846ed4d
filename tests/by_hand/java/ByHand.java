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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * Programs by hand in Java, which the models of models/java are held against
 * (scripts/bars_runtimes): the same work and the same frames to the same peer, without anything of
 * theirs. Each takes the time of every task, as whoever tells percentiles must.
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
  private final Slot[] slots;
  private volatile boolean measuring;
  private volatile boolean over;
  private final CountDownLatch running;

  /** What the tasks of one slot have come to. Nobody else writes it. */
  private static final class Slot {
    long tasks;
    final long[] times = new long[Long.SIZE]; // by the binary digits of their nanoseconds
  }

  private ByHand(Map<String, String> given) {
    workers = Integer.parseInt(given.getOrDefault("workers", "2"));
    concurrency = Integer.parseInt(given.getOrDefault("concurrency", "1000"));
    port = Integer.parseInt(given.getOrDefault("port", "0"));
    tasks = Integer.parseInt(given.getOrDefault("tasks", "0"));
    delayMs = ms(given.getOrDefault("delay", "10ms"));
    durationMs = ms(given.getOrDefault("duration", "2000ms"));
    warmupMs = Math.max(ms(given.getOrDefault("warmup", "500ms")), LEAST_WARMUP_MS);
    slots = new Slot[concurrency];
    for (int i = 0; i < concurrency; i++) {
      slots[i] = new Slot();
    }
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

  private void during(Body body) throws Exception {
    body.start();
    Thread.sleep(warmupMs);
    long cpu = cpuNs();
    long begin = System.nanoTime();
    measuring = true;
    Thread.sleep(durationMs);
    over = true;
    long wall = System.nanoTime() - begin;
    long used = cpuNs() - cpu;
    running.await();
    print(wall, used, List.of(slots).stream().mapToLong(slot -> slot.tasks).sum());
  }

  private void note(Slot slot, long began) {
    long took = System.nanoTime() - began;
    if (measuring && !over) {
      slot.tasks++;
      slot.times[Long.SIZE - Long.numberOfLeadingZeros(took)]++;
    }
  }

  private void noop(ThreadFactory threads) throws Exception {
    during(
        () -> {
          for (Slot slot : slots) {
            startTask(threads, slot);
          }
        });
  }

  private void startTask(ThreadFactory threads, Slot slot) {
    threads
        .newThread(
            () -> {
              note(slot, System.nanoTime());
              if (over) {
                running.countDown();
              } else {
                startTask(threads, slot);
              }
            })
        .start();
  }

  private void pool(int amount) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    during(
        () -> {
          for (Slot slot : slots) {
            enqueue(pool, slot, amount);
          }
        });
  }

  private void enqueue(ExecutorService pool, Slot slot, int amount) {
    pool.execute(
        () -> {
          long began = System.nanoTime();
          if (amount > 0 && primesBelow(amount) != 2262) {
            throw new IllegalStateException("another count of primes");
          }
          note(slot, began);
          if (over) {
            running.countDown();
          } else {
            enqueue(pool, slot, amount);
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
            startRequest(threads, slots[i], new Connection(channels.get(i)));
          }
        });
  }

  private void startRequest(ThreadFactory threads, Slot slot, Connection connection) {
    threads
        .newThread(
            () -> {
              long began = System.nanoTime();
              ask(connection);
              note(slot, began);
              if (over) {
                running.countDown();
              } else {
                startRequest(threads, slot, connection);
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
          for (int i = 0; i < concurrency; i++) {
            askOfFutures(pool, slots[i], exchanges.get(i));
          }
        });
  }

  private void askOfFutures(ExecutorService pool, Slot slot, AsyncExchange exchange) {
    pool.execute(
        () -> {
          long began = System.nanoTime();
          exchange
              .ask(delayMs)
              .thenRun(
                  () -> {
                    note(slot, began);
                    if (over) {
                      running.countDown();
                    } else {
                      askOfFutures(pool, slot, exchange);
                    }
                  });
        });
  }

  private void sleepOfThreads() throws Exception {
    CountDownLatch left = new CountDownLatch(tasks);
    long cpu = cpuNs();
    long begin = System.nanoTime();
    for (int i = 0; i < tasks; i++) {
      Thread.startVirtualThread(
          () -> {
            try {
              Thread.sleep(delayMs);
            } catch (InterruptedException ended) {
              Thread.currentThread().interrupt();
            }
            left.countDown();
          });
    }
    left.await();
    print(System.nanoTime() - begin, cpuNs() - cpu, tasks);
  }

  private void sleepOfFutures() throws Exception {
    CountDownLatch left = new CountDownLatch(tasks);
    ExecutorService pool = Executors.newWorkStealingPool(workers);
    long cpu = cpuNs();
    long begin = System.nanoTime();
    for (int i = 0; i < tasks; i++) {
      CompletableFuture.runAsync(
          left::countDown, CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS, pool));
    }
    left.await();
    print(System.nanoTime() - begin, cpuNs() - cpu, tasks);
  }

  private static void print(long wallNs, long cpuNs, long tasks) throws IOException {
    System.out.printf(
        "{\"throughput_per_s\": %.0f, \"cpu_per_task_us\": %.4f, \"wall_s\": %.4f,"
            + " \"peak_rss_bytes\": %d}%n",
        tasks * 1e9 / wallNs, cpuNs / 1e3 / tasks, wallNs / 1e9, peakBytes());
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
