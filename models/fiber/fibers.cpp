// A fiber per task, many on few threads: goroutines, virtual threads, green threads.
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

#include "harness/kernel_limits.hpp"
#include "models/fiber/fiber_scheduler.hpp"
#include "models/fiber/stack_arena.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/walks/run_blocking.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

namespace bf = boost::fibers;

// Boost.Fiber's spin lock alone needs more than 5 KiB where it contends.
constexpr std::uint64_t least_stack = 8 * 1024;
constexpr std::uint64_t touched_of_a_stack = 4 * 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stack_factor = 8;  // instrumented frames are larger
#else
constexpr std::uint64_t stack_factor = 1;
#endif

// Where stacks come from.
enum class Stacks : std::uint8_t { arena, malloc, guarded };

struct Options {
  std::uint64_t stack_bytes = 16 * 1024;
  Stacks stacks = Stacks::arena;
  FiberPolicy policy = FiberPolicy::round_robin;
};

class Fibers final : public Model {
 public:
  Fibers(const Environment& environment, const Options& options)
      : load_(environment.load),
        lanes_(environment.lanes),
        stacks_(options.stacks),
        stack_bytes_(options.stack_bytes * stack_factor),
        workers_(options.policy, environment.workers, environment.connections),
        locks_(environment.locks) {
    const bool migrating = options.policy != FiberPolicy::round_robin;
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      if (i == 0 || !migrating) arenas_.push_back(std::make_unique<StackArena>(stack_bytes_, migrating));
      inboxes_.push_back(std::make_unique<Inbox>());
    }
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      threads_.emplace_back([this, i] { work(i); });
    }
  }

  ~Fibers() override {
    stopping_.store(true);
    for (std::uint32_t i = 0; i < threads_.size(); ++i) workers_[i].wake();
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    send(next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.count(), {task, nullptr, 0});
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override {
    std::uint64_t total = 0;
    for (const auto& inbox : inboxes_) total += inbox->launched.load(std::memory_order_relaxed);
    return total;
  }

 private:
  // A fan-out in progress, on the stack of the fiber that waits for it.
  struct FanOut {
    const Branch& branch;
    std::uint32_t left;
    Join join;
    bf::mutex mutex;  // guards left
    bf::condition_variable none_left;

    void run(std::uint32_t index) {
      join.run(branch, index);
      const std::unique_lock lock(mutex);
      if (--left == 0) none_left.notify_one();
    }
    void wait() {
      std::unique_lock lock(mutex);
      none_left.wait(lock, [&] { return left == 0; });
    }
  };

  // A task, or one branch of a fan-out, that is to become a fiber.
  struct Order {
    Task task;
    FanOut* fan_out;
    std::uint32_t index;
  };

  struct alignas(128) Inbox {
    std::mutex mutex;
    std::vector<Order> orders;               // guarded by mutex
    std::atomic<std::uint64_t> launched{0};  // written by the worker alone
  };

  // The steps of a fiber. Branches go to all workers in turn, beginning with this one.
  struct Steps {
    Fibers& owner;
    void wait(std::chrono::nanoseconds time) { FiberScheduler::current().sleep(time); }
    std::uint64_t request(const Step& step, std::uint32_t connection) {
      return FiberScheduler::current().request(step, connection);
    }
    void lock(std::uint32_t number) { owner.locks_[number].lock(); }
    void unlock(std::uint32_t number) { owner.locks_[number].unlock(); }
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      FanOut fan_out{.branch = branch, .left = width, .join = {}, .mutex = {}, .none_left = {}};
      const std::uint32_t here = FiberScheduler::current().worker();
      const std::uint32_t count = owner.workers_.count();
      for (std::uint32_t index = 0; index < width; ++index) {
        const std::uint32_t worker = (here + index) % count;
        if (worker != here && owner.workers_.policy() == FiberPolicy::round_robin) {
          owner.send(worker, {{}, &fan_out, index});
        } else {
          owner.launch(here, {{}, &fan_out, index});
        }
      }
      fan_out.wait();
      return fan_out.join.result();
    }
  };

  void work(std::uint32_t worker) {
    FiberScheduler& scheduler = workers_[worker];
    scheduler.install();
    std::vector<Order> orders;
    while (!stopping_.load()) {
      {
        const std::lock_guard lock(inboxes_[worker]->mutex);
        orders.swap(inboxes_[worker]->orders);
      }
      for (const Order& order : orders) launch(worker, order);
      orders.clear();
      scheduler.wait_for_wake();
    }
  }

  // From another thread: the worker's main fiber launches it.
  void send(std::uint32_t worker, const Order& order) {
    bool is_first = false;
    {
      const std::lock_guard lock(inboxes_[worker]->mutex);
      is_first = inboxes_[worker]->orders.empty();
      inboxes_[worker]->orders.push_back(order);
    }
    if (is_first) workers_[worker].wake();
  }

  // On the worker's own thread.
  void launch(std::uint32_t worker, const Order& order) {
    std::atomic<std::uint64_t>& launched = inboxes_[worker]->launched;
    launched.store(launched.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const auto start = [&](auto stack) {
      bf::fiber(bf::launch::post, std::allocator_arg, stack, [this, order] { run(order); }).detach();
    };
    switch (stacks_) {
      case Stacks::arena: return start(ArenaStack{arenas_[worker % arenas_.size()].get()});
      case Stacks::malloc: return start(bf::fixedsize_stack(stack_bytes_));
      case Stacks::guarded: return start(bf::protected_fixedsize_stack(stack_bytes_));
    }
  }

  void run(const Order& order) {
    if (order.fan_out != nullptr) return order.fan_out->run(order.index);
    Steps steps{*this};
    if (const auto next = run_task(steps, load_, lanes_, order.task)) {
      launch(FiberScheduler::current().worker(), {*next, nullptr, 0});
    } else {
      in_flight_.remove();
    }
  }

  Load& load_;
  const std::uint32_t lanes_;
  const Stacks stacks_;
  const std::uint64_t stack_bytes_;
  std::vector<std::unique_ptr<StackArena>> arenas_;  // one a worker, or one for all where fibers migrate
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  FiberWorkers workers_;
  std::vector<bf::mutex> locks_;
  InFlight in_flight_;
  std::atomic<std::uint32_t> next_worker_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

constexpr Setting settings[] = {
    {"stack", "bytes", "16k", "stack of each fiber, at least 8k"},
    {"allocator", "arena, malloc or guarded", "arena",
     "stacks from a free list in large mappings; or from malloc; or each in a mapping with a guard page, which finds "
     "an "
     "overflow and costs two system calls a fiber"},
    {"sched", "round-robin, shared-work or work-stealing", "round-robin",
     "fibers stay on their worker; or run on whichever is free; or are taken over by workers that run out of work"},
};

Options read_options(const Settings& settings_given) {
  Options options;
  if (const auto given = settings_given.find("stack"); given != settings_given.end()) {
    options.stack_bytes = parse_size(given->second, "stack");
    if (options.stack_bytes < least_stack)
      throw UsageError("stack must be at least 8k: Boost.Fiber's own locks need that");
    options.stack_bytes = (options.stack_bytes + 4095) / 4096 * 4096;
  }
  if (const auto given = settings_given.find("allocator"); given != settings_given.end()) {
    if (given->second == "malloc") {
      options.stacks = Stacks::malloc;
    } else if (given->second == "guarded") {
      options.stacks = Stacks::guarded;
    } else if (given->second != "arena") {
      throw unknown("allocator", given->second, {"arena", "malloc", "guarded"});
    }
  }
  if (const auto given = settings_given.find("sched"); given != settings_given.end()) {
    if (given->second == "shared-work") {
      options.policy = FiberPolicy::shared_work;
    } else if (given->second == "work-stealing") {
      options.policy = FiberPolicy::work_stealing;
    } else if (given->second != "round-robin") {
      throw unknown("scheduler", given->second, {"round-robin", "shared-work", "work-stealing"});
    }
  }
  return options;
}

// Why so many stacks cannot be had at once.
std::optional<std::string> why_not(std::uint64_t stacks, const Options& options) {
  const std::string what = fmt::format("{} stacks of {} KiB", stacks, options.stack_bytes >> 10U);
  if (options.stacks == Stacks::guarded) {
    if (auto why = why_not_mappings(2 * stacks, what)) return *why + ", or use allocator=arena";
  }
  const bool touched_whole = options.stacks == Stacks::arena && options.stack_bytes <= StackArena::most_in_huge_pages;
  auto why = why_not_memory(stacks * (touched_whole ? options.stack_bytes : touched_of_a_stack), what);
  if (why && options.stack_bytes > least_stack) *why += ", or with smaller stacks (fibers:stack=8k)";
  return why;
}

}  // namespace

extern const ModelInfo fibers_model;
const ModelInfo fibers_model{
    .name = "fibers",
    .idiom = "M:N stackful fibers: goroutines, virtual threads, green threads",
    .library = "Boost.Fiber",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "fibers",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      const Options options = read_options(environment.settings);
      if (const auto why = why_not(environment.slots, options)) throw std::runtime_error(*why);
      return std::make_unique<Fibers>(environment, options);
    },
};

}  // namespace cbench
