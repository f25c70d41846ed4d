// Work-stealing tasks. A task that must wait frees its worker: by default it ends its TBB task and goes on in another
// one when the wait is over, which is cheaper than suspending the task (wait=suspend) and holds any number of them.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/kernel_file.hpp"
#include "models/blocking_steps.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/reactor.hpp"
#include "models/run_blocking.hpp"
#include "models/run_until_suspended.hpp"
#include "models/tbb_workers.hpp"
#include "workloads/kernels.hpp"
#include "workloads/quantity.hpp"

namespace cbench {
namespace {

// oneTBB 2021.8 counts an arena's suspended stacks in 12 bits: from the 4,096th on it takes them for workers at work,
// and the real ones stay away.
constexpr std::uint32_t most_stacks = 4000;
constexpr std::uint64_t mappings_per_stack = 2;
constexpr std::uint64_t other_mappings = 1000;
constexpr std::uint64_t least_stack = 32 * 1024;  // a blocking request keeps 16 KiB of buffer on it
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stack_factor = 8;  // instrumented frames are larger
#else
constexpr std::uint64_t stack_factor = 1;
#endif

// wait=continue. A task in flight is a frame, which a TBB task runs up to its next wait. Branches are frames too, and
// the last one to end goes on with its parent: nobody waits for a task group, so no worker stacks task upon task.
class Continuing final : public Model {
 public:
  explicit Continuing(const Environment& environment)
      : load_(environment.load),
        lanes_(environment.lanes),
        frames_(environment.slots),
        locks_(environment.locks),
        workers_(environment.workers, 0, 0),
        reactor_(environment.connections, [this](std::span<const Waiter> over) {
          for (const Waiter waiter : over) workers_.queue_from_outside(static_cast<Frame*>(waiter), go_on_);
        }) {}
  ~Continuing() override { workers_.finish(); }

  void submit(Task task) override {
    in_flight_.add();
    workers_.queue_from_outside(&begin(frames_[task.slot], task), go_on_);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return workers_.created(); }

  // The steps, for `resume`.

  bool compute(Walk&, const Step& step, std::uint64_t& result) {
    result = run_kernel(step.kernel, step.amount);
    return true;
  }
  void begin_wait(Walk& walk, std::chrono::nanoseconds time) {
    of(walk).next = Next::end_step;
    of(walk).value = static_cast<std::uint64_t>(time.count());
    reactor_.sleep(time, &of(walk));
  }
  // Only the beginning of a request happens here. Where it fails at once, or ends at once, that is said in another task.
  void begin_request(Walk& walk, const Step& step) {
    Frame& frame = of(walk);
    frame.next = Next::attempt_request;
    reactor_.begin_request(step, walk.connection);
    try {
      if (!attempt_request(frame)) return;
      frame.next = Next::end_step;
    } catch (...) {
      frame.next = Next::fail_step;
      frame.error_of_step = std::current_exception();
    }
    workers_.queue(&frame, go_on_);
  }
  bool acquire(Walk& walk, std::uint32_t lock) {
    of(walk).next = Next::go_on_holding;
    return locks_[lock].acquire(&of(walk));
  }
  void release(std::uint32_t lock) {
    if (const auto next = locks_[lock].release()) workers_.queue(*next, go_on_);
  }
  Walk* make_branch(Walk&) { return new Frame; }
  void start_branch(Walk& walk) {
    workers_.spawn([this, &walk] { resume(*this, load_, walk); });
  }
  void end_branch(Walk& walk) { delete &of(walk); }
  void end_task(Walk& walk, const std::exception_ptr& error) {
    Frame& frame = of(walk);
    if (error) {
      fail(frame.task, error);
    } else if (const auto next = load_.finish(frame.task, frame.digest)) {
      return workers_.queue_last(&begin(frame, *next), go_on_);
    }
    in_flight_.remove();
  }

 private:
  // What a frame's next TBB task begins with.
  enum class Next : std::uint8_t { start, end_step, fail_step, attempt_request, go_on_holding };
  struct Frame : Walk {
    Next next = Next::start;
    std::uint64_t value = 0;  // of the step that ends
    std::exception_ptr error_of_step;
  };
  static Frame& of(Walk& walk) { return static_cast<Frame&>(walk); }

  // All else in the frame is as a task leaves it that is over.
  Frame& begin(Frame& frame, const Task& task) const {
    frame.at = 0;
    frame.connection = task.slot * lanes_;
    frame.digest = 0;
    frame.task = task;
    frame.next = Next::start;
    return frame;
  }

  struct GoOn {
    Continuing* owner;
    void operator()(Frame* frame) const { owner->go_on(*frame); }
  };

  void go_on(Frame& frame) {
    switch (frame.next) {
      case Next::start:
        load_.start(frame.task);
        frame.script = frame.task.script;
        return resume(*this, load_, frame);
      case Next::attempt_request:
        try {
          if (!attempt_request(frame)) return;
        } catch (...) {
          return resume(*this, load_, frame, std::current_exception());
        }
        [[fallthrough]];
      case Next::end_step: return resume_with(*this, load_, frame, frame.value);
      case Next::fail_step: return resume(*this, load_, frame, std::exchange(frame.error_of_step, nullptr));
      case Next::go_on_holding: return resume_holding(*this, load_, frame);
    }
  }

  // False where the frame waits for its connection: it may be at work again by now.
  bool attempt_request(Frame& frame) {
    const std::uint32_t connection = frame.connection;
    while (!reactor_.attempt(connection)) {
      if (reactor_.wait_for(connection, &frame)) return false;
    }
    frame.value = reactor_.reply(connection);
    return true;
  }

  void fail(const Task& task, const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& thrown) {
      load_.fail(task, thrown.what());
    }
  }

  Load& load_;
  const std::uint32_t lanes_;
  const GoOn go_on_{this};
  std::vector<Frame> frames_;  // one for each slot
  std::vector<HandedLock<Frame*>> locks_;
  InFlight in_flight_;
  TurnTakers<Frame*> workers_;
  Reactor reactor_;
};

// Lets so many tasks in at once. The others wait for their turn outside, first come first served.
class Admission {
 public:
  explicit Admission(std::uint32_t most) : most_(most) {}
  std::uint32_t most() const { return most_; }

  // False where the task has to wait outside.
  bool enter(const Task& task) {
    const std::lock_guard lock(mutex_);
    if (inside_ < most_) return ++inside_, true;
    outside_.push_back(task);
    outside_count_.store(outside_.size(), std::memory_order_relaxed);
    return false;
  }
  // In place of a task that is over: who goes on inside. Its successor has to wait behind those outside.
  std::optional<Task> next(const std::optional<Task>& successor) {
    if (successor && outside_count_.load(std::memory_order_relaxed) == 0) return successor;
    const std::lock_guard lock(mutex_);
    if (successor) outside_.push_back(*successor);
    if (outside_.empty()) return --inside_, std::nullopt;
    const Task first = outside_.front();
    outside_.pop_front();
    outside_count_.store(outside_.size(), std::memory_order_relaxed);
    return first;
  }

 private:
  const std::uint32_t most_;
  std::atomic<std::size_t> outside_count_{0};
  std::mutex mutex_;  // guards the rest
  std::uint32_t inside_ = 0;
  std::deque<Task> outside_;
};

// wait=suspend. The library switches the worker to another stack, where it goes on with other tasks.
class SuspendingSteps {
 public:
  SuspendingSteps(const Environment& environment)  // NOLINT(google-explicit-constructor)
      : locks_(environment.locks), reactor_(environment.connections, [](std::span<const Waiter> over) {
          for (const Waiter waiter : over) tbb::task::resume(static_cast<tbb::task::suspend_point>(waiter));
        }) {}

  void wait(std::chrono::nanoseconds time) {
    tbb::task::suspend([&](tbb::task::suspend_point point) { reactor_.sleep(time, point); });
  }
  std::uint64_t request(const Step& step, std::uint32_t connection) {
    reactor_.begin_request(step, connection);
    while (!reactor_.attempt(connection)) {
      tbb::task::suspend([&](tbb::task::suspend_point point) {
        if (!reactor_.wait_for(connection, point)) tbb::task::resume(point);
      });
    }
    return reactor_.reply(connection);
  }
  void lock(std::uint32_t number) {
    if (locks_[number].try_acquire()) return;
    tbb::task::suspend([&](tbb::task::suspend_point point) {
      if (locks_[number].acquire(point)) tbb::task::resume(point);
    });
  }
  void unlock(std::uint32_t number) {
    if (const auto next = locks_[number].release()) tbb::task::resume(*next);
  }

 private:
  std::vector<HandedLock<tbb::task::suspend_point>> locks_;
  Reactor reactor_;
};

// wait=block. As a user would who does not care: the worker waits.
struct BlockingWorkerSteps : BlockingSteps {
  BlockingWorkerSteps(const Environment& environment)  // NOLINT(google-explicit-constructor)
      : BlockingSteps(environment.connections, environment.locks) {}
};

// A task in flight is one TBB task from its first step to its last, branches are a task group of their own.
template <class Waits>
class Staying final : public Model {
 public:
  // `stacks`: how many are in use at once where every task waits.
  Staying(const Environment& environment, std::uint32_t most_inside, std::uint32_t most_waiting, std::uint32_t stacks,
          std::size_t stack_bytes)
      : load_(environment.load),
        lanes_(environment.lanes),
        most_waiting_(most_waiting),
        admission_(most_inside),
        workers_(environment.workers, stacks, stack_bytes),
        steps_{{environment}, workers_} {}
  ~Staying() override { workers_.finish(); }

  void submit(Task task) override {
    in_flight_.add();
    if (admission_.enter(task)) workers_.queue_from_outside(task, run_);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return workers_.created(); }
  std::uint32_t most_waiting() const override { return most_waiting_; }

 private:
  struct Steps : Waits {
    TurnTakers<Task>& workers;
    // Whoever waits for the group helps with it, and with nothing else: another task could want a lock that this one
    // holds further down on the same stack.
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Join join;
      workers.count(width);
      tbb::this_task_arena::isolate([&] {
        tbb::task_group group;
        for (std::uint32_t index = 0; index < width; ++index) {
          group.run([&join, &branch, index] { join.run(branch, index); });
        }
        group.wait();
      });
      return join.result();
    }
  };
  struct Run {
    Staying* owner;
    void operator()(const Task& task) const { owner->run(task); }
  };

  void run(const Task& task) {
    const auto successor = run_task(steps_, load_, lanes_, task);
    if (const auto next = admission_.next(successor)) workers_.queue_last(*next, run_);
    if (!successor) in_flight_.remove();
  }

  Load& load_;
  const std::uint32_t lanes_;
  const std::uint32_t most_waiting_;
  const Run run_{this};
  Admission admission_;
  InFlight in_flight_;
  TurnTakers<Task> workers_;
  Steps steps_;
};

// How many stacks one run of the script can have suspended at once. Where branches wait, so may the stack that waits for
// them.
std::uint64_t stacks_of(Script script) {
  std::uint64_t most = 0;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    const std::uint64_t inside = stacks_of(body_of(script, at));
    switch (step.kind) {
      case StepKind::compute: break;
      case StepKind::wait:
      case StepKind::request: most = std::max<std::uint64_t>(most, 1); break;
      case StepKind::critical: most = std::max<std::uint64_t>({most, inside, 1}); break;
      case StepKind::fan_out: most = std::max(most, inside == 0 ? 0 : step.width * inside + 1); break;
    }
  }
  return most;
}

std::unique_ptr<Model> make_suspending(const Environment& environment, std::size_t stack_bytes) {
  const Work& work = environment.load.work();
  std::uint64_t per_task = 0;
  for (std::size_t i = 0; i < work.size(); ++i) per_task = std::max(per_task, stacks_of(work.script(i)));
  if (per_task > most_stacks) {
    throw std::runtime_error(
        fmt::format("a task of this workload needs {} suspended stacks at once, but with wait=suspend oneTBB holds {}: "
                    "run it with wait=continue",
                    per_task, most_stacks));
  }
  const auto most_inside = per_task == 0 ? UINT32_MAX : static_cast<std::uint32_t>(most_stacks / per_task);
  const auto stacks = static_cast<std::uint32_t>(std::min(environment.slots, most_inside) * per_task);
  const std::uint64_t mappings = stacks * mappings_per_stack + other_mappings;
  const auto allowed = read_kernel_number("/proc/sys/vm/max_map_count");
  if (allowed && *allowed < mappings) {
    throw std::runtime_error(
        fmt::format("{} suspended stacks need {} memory mappings, but a process may have {}: run sudo sysctl "
                    "vm.max_map_count={}, or use wait=continue",
                    stacks, mappings, *allowed, mappings));
  }
  return std::make_unique<Staying<SuspendingSteps>>(environment, most_inside,
                                                    per_task == 0 ? UINT32_MAX : most_stacks, stacks, stack_bytes);
}

constexpr Setting settings[] = {
    {"wait", "continue, suspend or block", "continue",
     "a task that waits goes on in another TBB task; or is suspended with its stack (4,000 at once, the others queue); "
     "or keeps its worker"},
    {"stack", "bytes", "64k", "stack of each suspended task, at least 32k"},
};

std::uint64_t stack_bytes_of(const Settings& given) {
  const auto stack = given.find("stack");
  const std::uint64_t bytes = stack == given.end() ? 64 * 1024 : parse_size(stack->second, "stack");
  if (bytes < least_stack) throw UsageError("stack must be at least 32k");
  return bytes * stack_factor;
}

std::string_view wait_of(const Settings& given) {
  const auto wait = given.find("wait");
  return wait == given.end() ? "continue" : std::string_view(wait->second);
}

void check(const Settings& given) {
  stack_bytes_of(given);
  const std::string_view wait = wait_of(given);
  if (wait != "continue" && wait != "suspend" && wait != "block") {
    throw unknown("way to wait", wait, {"continue", "suspend", "block"});
  }
}

std::unique_ptr<Model> make(const Environment& environment) {
  const std::string_view wait = wait_of(environment.settings);
  if (wait == "suspend") return make_suspending(environment, stack_bytes_of(environment.settings));
  if (wait == "block") {
    return std::make_unique<Staying<BlockingWorkerSteps>>(environment, UINT32_MAX, environment.workers, 0, 0);
  }
  return std::make_unique<Continuing>(environment);
}

}  // namespace

extern const ModelInfo tbb_model;
const ModelInfo tbb_model{
    .name = "tbb",
    .idiom = "work-stealing tasks; a task that waits frees its worker",
    .library = "oneTBB",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "tasks",
    .cannot = "waits for timers and sockets on a thread beside its workers; wait=suspend holds 4,000 waiting tasks",
    .settings = settings,
    .check = check,
    .make = make,
};

}  // namespace cbench
