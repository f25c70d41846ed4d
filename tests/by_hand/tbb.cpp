// oneTBB by hand. `noop` is what its users write: spawn a batch into a task group, wait for it; a task of `fork-join`
// is a parallel_invoke within. The waits of `sleep` and `io` are a thread with epoll or a timer heap that enqueues a
// task when one is over; `io-suspend` is the same with resumable tasks.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <tbb/global_control.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include "models/waiting/timed_exchange.hpp"
#include "models/waiting/timer_heap.hpp"
#include "system/descriptor.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

std::uint64_t nothing() { return 0; }

std::uint64_t fork_join() {
  std::array<std::uint64_t, branches> digests;
  tbb::parallel_invoke([&] { digests[0] = branch_digest(0); }, [&] { digests[1] = branch_digest(1); });
  return fold(0, digests[0] + digests[1]);
}

// The main thread is one of the workers, as it is by default.
template <std::uint64_t (*run)()>
void batches(Trial& trial) {
  const int workers = static_cast<int>(trial.arguments().workers);
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, trial.arguments().workers);
  tbb::task_arena arena(workers, 1);
  std::vector<std::optional<Task>> slots(trial.arguments().concurrency);
  Load& load = trial.load();
  trial.begin();
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) slots[slot] = load.first(slot);
  arena.execute([&] {
    tbb::task_group group;
    for (bool more = true; more;) {
      more = false;
      for (std::optional<Task>& slot : slots) {
        if (!slot) continue;
        more = true;
        group.run([&load, &slot] {
          load.start(*slot);
          slot = load.finish(*slot, run());
        });
      }
      group.wait();
    }
  });
}

// n workers that no other thread joins.
struct Workers {
  explicit Workers(const Arguments& arguments)
      : control(tbb::global_control::max_allowed_parallelism, arguments.workers + 1),
        arena(static_cast<int>(arguments.workers), 0),
        left(arguments.concurrency) {}
  void slot_is_over() {
    if (left.fetch_sub(1) == 1) left.notify_all();
  }
  void wait() {
    for (std::uint32_t now = left.load(); now != 0; now = left.load()) left.wait(now);
  }
  tbb::global_control control;
  tbb::task_arena arena;
  std::atomic<std::uint32_t> left;
};

void sleep_tasks(Trial& trial) {
  Load& load = trial.load();
  Workers workers(trial.arguments());
  const Ticks delay = ticks::from_ns(trial.arguments().delay);
  const std::uint64_t digest = fold(0, static_cast<std::uint64_t>(trial.arguments().delay.count()));
  struct Sleep {
    Ticks due;
    Task* task;
  };
  std::mutex mutex;  // guards arriving and stopping
  std::condition_variable arrived;
  std::vector<Sleep> arriving;
  bool stopping = false;
  std::vector<Task> slots(trial.arguments().concurrency);

  const auto begin = [&](Task* task) {
    load.start(*task);
    const std::lock_guard lock(mutex);
    arriving.push_back({ticks::now() + delay, task});
    if (arriving.size() == 1) arrived.notify_one();
  };
  const auto end = [&](Task* task) {
    const auto next = load.finish(*task, digest);
    if (!next) return workers.slot_is_over();
    *task = *next;
    workers.arena.enqueue([&begin, task] { begin(task); });
  };
  std::thread timers([&] {
    TimerHeap<Task*> heap;
    std::vector<Sleep> taken;
    for (;;) {
      {
        std::unique_lock lock(mutex);
        if (arriving.empty() && heap.empty()) arrived.wait(lock, [&] { return stopping || !arriving.empty(); });
        if (stopping) return;
        if (arriving.empty()) {
          arrived.wait_for(lock, std::chrono::nanoseconds(ticks::to_ns(ticks::now(), heap.next_due())));
        }
        taken.swap(arriving);
      }
      for (const auto& [due, task] : taken) heap.add(due, task);
      taken.clear();
      const Ticks now = ticks::now();
      while (Task* task = heap.take_due(now)) workers.arena.enqueue([&end, task] { end(task); });
    }
  });
  trial.begin();
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
    slots[slot] = *load.first(slot);
    workers.arena.enqueue([&begin, task = &slots[slot]] { begin(task); });
  }
  workers.wait();
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  arrived.notify_one();
  timers.join();
}

// The thread that waits for the sockets; `ready(slot)` is called for each that may be read.
template <class Ready>
void watch(const Connections& connections, int stop, Ready ready) {
  const Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  constexpr std::uint32_t nobody = UINT32_MAX;
  epoll_event event{.events = EPOLLIN, .data = {.u32 = nobody}};
  epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop, &event);
  for (std::uint32_t i = 0; i < connections.size(); ++i) {
    event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data = {.u32 = i}};
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, connections[i], &event);
  }
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const std::uint32_t slot = events[static_cast<std::size_t>(i)].data.u32;
      if (slot == nobody) return;
      ready(slot);
    }
  }
}

struct Connection {
  Task task;
  TimedExchange exchange;
  std::atomic<std::uint32_t> edges{0};  // that came since somebody last began to read
  std::atomic<tbb::task::suspend_point> waiting{nullptr};
};

// Frames of this size go out at once or not at all.
void send_request(Connection& connection, int descriptor, const Step& step, std::uint32_t slot) {
  connection.exchange.begin(step, slot);
  std::array<std::byte, sizeof(FrameHeader) + max_request_bytes> frame;
  std::size_t size = 0;
  for (const auto piece : connection.exchange.to_send()) {
    std::memcpy(frame.data() + size, piece.data(), piece.size());
    size += piece.size();
  }
  if (::send(descriptor, frame.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) {
    throw std::runtime_error("a request did not go out whole");
  }
}

// True: the reply is complete.
bool receive_reply(Connection& connection, int descriptor) {
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    if (connection.exchange.receive({buffer.data(), static_cast<std::size_t>(got)})) return true;
  }
}

void io_tasks(Trial& trial) {
  Load& load = trial.load();
  const Connections& connections = trial.connections();
  connections.make_nonblocking();
  Workers workers(trial.arguments());
  std::vector<Connection> slots(trial.arguments().concurrency);
  const Descriptor stop(eventfd(0, EFD_CLOEXEC));

  const auto begin = [&](std::uint32_t slot) {
    load.start(slots[slot].task);
    if (slots[slot].task.script.empty()) return workers.slot_is_over();  // the load is over
    send_request(slots[slot], connections[slot], slots[slot].task.script.front(), slot);
  };
  const auto receive = [&](std::uint32_t slot) {
    Connection& connection = slots[slot];
    std::uint32_t seen = connection.edges.load();
    for (;;) {
      if (receive_reply(connection, connections[slot])) {
        if (const auto next = load.finish(connection.task, fold(0, connection.exchange.value()))) {
          connection.task = *next;
          workers.arena.enqueue([&begin, slot] { begin(slot); });
        } else {
          return workers.slot_is_over();  // and touch nothing any more
        }
      }
      if (connection.edges.compare_exchange_strong(seen, 0)) return;
    }
  };
  std::thread reactor([&] {
    watch(connections, stop.get(), [&](std::uint32_t slot) {
      if (slots[slot].edges.fetch_add(1) == 0) workers.arena.enqueue([&receive, slot] { receive(slot); });
    });
  });
  trial.begin();
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
    slots[slot].task = *load.first(slot);
    workers.arena.enqueue([&begin, slot] { begin(slot); });
  }
  workers.wait();
  eventfd_write(stop.get(), 1);
  reactor.join();
}

void io_suspended_tasks(Trial& trial) {
  Load& load = trial.load();
  const Connections& connections = trial.connections();
  connections.make_nonblocking();
  Workers workers(trial.arguments());
  std::vector<Connection> slots(trial.arguments().concurrency);
  const Descriptor stop(eventfd(0, EFD_CLOEXEC));

  const std::function<void(std::uint32_t)> run = [&](std::uint32_t slot) {
    Connection& connection = slots[slot];
    load.start(connection.task);
    if (connection.task.script.empty()) return workers.slot_is_over();  // the load is over
    tbb::task::suspend([&](tbb::task::suspend_point point) {
      connection.waiting.store(point);
      send_request(connection, connections[slot], connection.task.script.front(), slot);
    });
    while (!receive_reply(connection, connections[slot])) std::this_thread::yield();
    if (const auto next = load.finish(connection.task, fold(0, connection.exchange.value()))) {
      connection.task = *next;
      workers.arena.enqueue([&run, slot] { run(slot); });
    } else {
      workers.slot_is_over();
    }
  };
  std::thread reactor([&] {
    watch(connections, stop.get(), [&](std::uint32_t slot) {
      if (const auto point = slots[slot].waiting.exchange(nullptr)) tbb::task::resume(point);
    });
  });
  trial.begin();
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
    slots[slot].task = *load.first(slot);
    workers.arena.enqueue([&run, slot] { run(slot); });
  }
  workers.wait();
  eventfd_write(stop.get(), 1);
  reactor.join();
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  return run(count, arguments,
             {{"noop", {noop_script, batches<nothing>}},
              {"fork-join", {fork_join_script, batches<fork_join>}},
              {"sleep", {sleep_script, sleep_tasks}},
              {"io", {io_script, io_tasks}},
              {"io-suspend", {io_script, io_suspended_tasks}}});
}
