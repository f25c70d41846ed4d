// Boost.Fiber by hand. Threads share nothing: each has its slots, a fiber for each task of theirs and stacks of 16 KiB
// from an arena of its own. noop-csp is communicating sequential processes: a fiber for each slot, that lives as long
// as the trial, and one channel from which they take tasks and into which they put what comes next. A branch is a fiber
// and says, in fork-join-csp, through a channel what came of it. What waits is held against a fiber for each task, in
// sleep-csp and io-csp too: nobody would do it with less.
#include <array>
#include <bit>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/operations.hpp>

#include "models/fiber/stack_arena.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "system/descriptor.hpp"
#include "tests/by_hand/common.hpp"

namespace cbench::by_hand {
namespace {

namespace bf = boost::fibers;

constexpr std::size_t stack_bytes = 16 * 1024;

// Runs `work(first, end)` on each thread, with its share of the slots.
template <class Work>
void on_threads(Trial& trial, Work work) {
  const std::uint32_t threads = trial.arguments().workers;
  const std::uint32_t slots = trial.arguments().concurrency;
  trial.begin();
  std::vector<std::jthread> running;
  for (std::uint32_t i = 0; i < threads; ++i) {
    running.emplace_back(
        [&, first = static_cast<std::uint32_t>(std::uint64_t{slots} * i / threads),
         end = static_cast<std::uint32_t>(std::uint64_t{slots} * (i + 1) / threads)] { work(first, end); });
  }
}

// A fiber for each task. `steps(task, stacks)` runs it and returns its digest.
template <class Steps>
class FiberPerTask {
 public:
  FiberPerTask(Load& load, StackArena& stacks, Steps& steps) : load_(load), stacks_(stacks), steps_(steps) {}

  void run(std::uint32_t first, std::uint32_t end) {
    main_ = bf::context::active();
    for (std::uint32_t slot = first; slot < end; ++slot) {
      if (const auto task = load_.first(slot)) {
        ++slots_left_;
        launch(*task);
      }
    }
    if (slots_left_ > 0) main_->suspend();
  }

 private:
  void launch(const Task& given) {
    bf::fiber(bf::launch::post, std::allocator_arg, ArenaStack{&stacks_}, [this, task = given]() mutable {
      load_.start(task);
      if (const auto next = load_.finish(task, steps_(task, stacks_))) return launch(*next);
      if (--slots_left_ == 0) bf::context::active()->schedule(main_);
    }).detach();
  }

  Load& load_;
  StackArena& stacks_;
  Steps& steps_;
  bf::context* main_ = nullptr;
  std::uint32_t slots_left_ = 0;
};

template <class Steps>
void fiber_per_task(Trial& trial, Steps steps) {
  // Boost.Fiber gives the last stacks back when the thread is gone.
  std::vector<std::unique_ptr<StackArena>> arenas;
  for (std::uint32_t i = 0; i < trial.arguments().workers; ++i) {
    arenas.push_back(std::make_unique<StackArena>(stack_bytes, false));
  }
  std::atomic<std::uint32_t> next_arena{0};
  on_threads(trial, [&](std::uint32_t first, std::uint32_t end) {
    FiberPerTask(trial.load(), *arenas[next_arena++], steps).run(first, end);
  });
}

void noop_tasks(Trial& trial) {
  fiber_per_task(trial, [](const Task&, StackArena&) { return std::uint64_t{0}; });
}

void sleep_tasks(Trial& trial) {
  const std::uint64_t digest = fold(0, static_cast<std::uint64_t>(trial.arguments().delay.count()));
  fiber_per_task(trial, [&](const Task&, StackArena&) {
    boost::this_fiber::sleep_for(trial.arguments().delay);
    return digest;
  });
}

template <class Branch>
bf::fiber begin_branch(StackArena& stacks, Branch branch) {
  return bf::fiber(bf::launch::post, std::allocator_arg, ArenaStack{&stacks}, branch);
}

void fork_join_tasks(Trial& trial) {
  fiber_per_task(trial, [](const Task&, StackArena& stacks) {
    std::uint64_t sum = 0;
    std::array<bf::fiber, branches> fibers;
    for (std::uint32_t i = 0; i < branches; ++i) {
      fibers[i] = begin_branch(stacks, [&sum, i] { sum += branch_digest(i); });
    }
    for (bf::fiber& fiber : fibers) fiber.join();
    return fold(0, sum);
  });
}

template <std::uint64_t (*steps)(StackArena&)>
void channel_tasks(Trial& trial) {
  std::vector<std::unique_ptr<StackArena>> arenas;
  for (std::uint32_t i = 0; i < trial.arguments().workers; ++i) {
    arenas.push_back(std::make_unique<StackArena>(stack_bytes, false));
  }
  std::atomic<std::uint32_t> next_arena{0};
  on_threads(trial, [&](std::uint32_t first, std::uint32_t end) {
    Load& load = trial.load();
    StackArena& stacks = *arenas[next_arena++];
    bf::buffered_channel<Task> tasks(std::bit_ceil(std::size_t{end} - first + 2));
    std::uint32_t slots_left = 0;
    for (std::uint32_t slot = first; slot < end; ++slot) {
      if (const auto task = load.first(slot)) {
        ++slots_left;
        tasks.push(*task);
      }
    }
    std::vector<bf::fiber> processes;
    for (std::uint32_t slot = first; slot < end; ++slot) {
      processes.emplace_back(bf::launch::post, std::allocator_arg, ArenaStack{&stacks}, [&] {
        Task task;
        while (tasks.pop(task) == bf::channel_op_status::success) {
          load.start(task);
          if (const auto next = load.finish(task, steps(stacks))) {
            tasks.push(*next);
          } else if (--slots_left == 0) {
            tasks.close();
          }
          boost::this_fiber::yield();  // or the first process would do it all
        }
      });
    }
    for (bf::fiber& process : processes) process.join();
  });
}

std::uint64_t nothing(StackArena&) { return 0; }

std::uint64_t fork_and_receive(StackArena& stacks) {
  bf::buffered_channel<std::uint64_t> digests(std::bit_ceil(branches + 1));
  for (std::uint32_t i = 0; i < branches; ++i) {
    begin_branch(stacks, [&digests, i] { digests.push(branch_digest(i)); }).detach();
  }
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < branches; ++i) sum += digests.value_pop();
  return fold(0, sum);
}

// Round robin, and where no fiber is ready, epoll: one thread serves its fibers and their sockets.
class EpollRoundRobin final : public bf::algo::algorithm {
 public:
  explicit EpollRoundRobin(int epoll) : epoll_(epoll) {}

  void awakened(bf::context* fiber) noexcept override { fiber->ready_link(ready_); }
  bf::context* pick_next() noexcept override {
    if (ready_.empty()) return nullptr;
    bf::context* fiber = &ready_.front();
    ready_.pop_front();
    return fiber;
  }
  bool has_ready_fibers() const noexcept override { return !ready_.empty(); }
  // Nobody sleeps and nobody on another thread wakes a fiber of this one.
  void suspend_until(const std::chrono::steady_clock::time_point&) noexcept override {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* waiting = static_cast<bf::context**>(events[static_cast<std::size_t>(i)].data.ptr);
      if (bf::context* fiber = std::exchange(*waiting, nullptr)) awakened(fiber);
    }
  }
  void notify() noexcept override {}

 private:
  const int epoll_;
  bf::scheduler::ready_queue_type ready_;
};

struct Connection {
  TimedExchange exchange;
  bf::context* waiting = nullptr;
};

std::uint64_t ask(Connection& connection, int descriptor, const Task& task) {
  const auto wait = [&] {
    connection.waiting = bf::context::active();
    connection.waiting->suspend();
  };
  const auto check = [&](ssize_t result, const char* what) {
    if (result < 0 && errno != EAGAIN) throw std::system_error(errno, std::generic_category(), what);
  };
  if (task.script.empty()) return 0;  // the load is over
  connection.exchange.begin(task.script.front(), task.slot);
  for (;;) {
    const auto pieces = connection.exchange.to_send();
    iovec parts[2];
    for (std::size_t i = 0; i < 2; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
    check(sent, "send");
    if (sent > 0) connection.exchange.sent(static_cast<std::size_t>(sent));
    wait();
    if (connection.exchange.all_sent()) break;
  }
  for (;;) {
    std::array<std::byte, 4096> buffer;
    const ssize_t got = recv(descriptor, buffer.data(), buffer.size(), 0);
    check(got, "recv");
    if (got == 0) throw std::runtime_error("the peer closed a connection");
    if (got > 0 && connection.exchange.receive({buffer.data(), static_cast<std::size_t>(got)})) break;
    if (got < 0) wait();
  }
  return fold(0, connection.exchange.value());
}

void io_tasks(Trial& trial) {
  const Connections& connections = trial.connections();
  connections.make_nonblocking();
  std::vector<Connection> states(connections.size());
  std::vector<std::unique_ptr<StackArena>> arenas;
  std::vector<Descriptor> epolls;
  for (std::uint32_t i = 0; i < trial.arguments().workers; ++i) {
    arenas.push_back(std::make_unique<StackArena>(stack_bytes, false));
    epolls.emplace_back(epoll_create1(EPOLL_CLOEXEC));
  }
  std::atomic<std::uint32_t> next{0};
  on_threads(trial, [&](std::uint32_t first, std::uint32_t end) {
    const std::uint32_t thread = next++;
    const int epoll = epolls[thread].get();
    bf::use_scheduling_algorithm<EpollRoundRobin>(epoll);
    for (std::uint32_t i = first; i < end; ++i) {
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &states[i].waiting}};
      epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i], &event);
    }
    const auto steps = [&](const Task& task, StackArena&) {
      return ask(states[task.slot], connections[task.slot], task);
    };
    FiberPerTask(trial.load(), *arenas[thread], steps).run(first, end);
  });
}

}  // namespace
}  // namespace cbench::by_hand

int main(int count, char** arguments) {
  using namespace cbench::by_hand;
  return run(count, arguments,
             {{"noop", {noop_script, noop_tasks}},
              {"noop-csp", {noop_script, channel_tasks<nothing>}},
              {"fork-join", {fork_join_script, fork_join_tasks}},
              {"fork-join-csp", {fork_join_script, channel_tasks<fork_and_receive>}},
              {"sleep", {sleep_script, sleep_tasks}},
              {"sleep-csp", {sleep_script, sleep_tasks}},
              {"io", {io_script, io_tasks}},
              {"io-csp", {io_script, io_tasks}}});
}
