// The model `fibers`, over whatever schedules its fibers: cbench's own scheduler, or those that the library ships.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/pooled_fixedsize_stack.hpp>
#include <boost/fiber/protected_fixedsize_stack.hpp>

#include "models/fiber/stack_arena.hpp"
#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/walks/branch_placement.hpp"
#include "models/walks/run_blocking.hpp"
#include "system/cache_lines.hpp"

namespace cbench {

// Where stacks come from. Boost's pool has no lock: it is for runtimes that keep fibers on their workers.
enum class FiberStacks : std::uint8_t { arena, pooled, malloc, guarded };

// What schedules fibers on worker threads, and waits on their behalf. Constructed from the number of workers and the
// connections, outlives the threads.
template <class R>
concept FiberRuntime = requires(R& runtime, std::uint32_t worker, const Step& step, Ticks now) {
  { runtime.count() } -> std::convertible_to<std::uint32_t>;
  // Whether a fiber stays on the worker where it was launched.
  { runtime.keeps_fibers() } -> std::convertible_to<bool>;
  // Whether a fiber may launch the one that takes its place. Where it may not, the worker's main fiber does.
  { runtime.launches_from_fibers() } -> std::convertible_to<bool>;
  runtime.install(worker);                                      // on the worker's thread, first thing
  { runtime.here() } -> std::convertible_to<std::uint32_t>;     // the worker of the calling fiber
  { runtime.here(now) } -> std::convertible_to<std::uint32_t>;  // the same; the caller has just taken that stamp
  runtime.wait_for_wake(worker);  // blocks the worker's main fiber until wake(); at once where that was called since
  runtime.wake(worker);           // from any thread
  // Block the calling fiber and nobody else.
  runtime.sleep(step.time);
  { runtime.request(step, worker) } -> std::same_as<std::uint64_t>;
};

template <FiberRuntime Runtime>
class FiberTasks final : public Model {
 public:
  // `runtime` makes the runtime: it can be neither copied nor moved.
  template <class MakeRuntime>
  FiberTasks(const Environment& environment, FiberStacks stacks, std::uint64_t stack_bytes,
             const MakeRuntime& make_runtime)
      : load_(environment.load),
        lanes_(environment.lanes),
        stacks_(stacks),
        stack_bytes_(stack_bytes),
        placement_(environment.load.work()),
        runtime_(make_runtime()),
        locks_(environment.locks) {
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      if (i == 0 || runtime_.keeps_fibers()) {
        arenas_.push_back(std::make_unique<StackArena>(stack_bytes_, !runtime_.keeps_fibers()));
      }
      if (stacks_ == FiberStacks::pooled) pools_.emplace_back(stack_bytes_);
      inboxes_.push_back(std::make_unique<Inbox>());
    }
    for (std::uint32_t i = 0; i < environment.workers; ++i) {
      threads_.emplace_back([this, i] { work(i); });
    }
  }

  ~FiberTasks() override {
    stopping_.store(true);
    for (std::uint32_t i = 0; i < threads_.size(); ++i) runtime_.wake(i);
    for (std::thread& thread : threads_) thread.join();
  }

  void submit(Task task) override {
    in_flight_.add();
    send(next_worker_.fetch_add(1, std::memory_order_relaxed) % runtime_.count(), {task, nullptr, 0});
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
    // `fibers_stay` with their threads; `branches_stay` with that of the fiber that waits for them.
    FanOut(const Branch& b, std::uint32_t width, bool fibers_stay, bool branches_stay)
        : branch(b),
          on_one_thread(branches_stay),
          left(width + 1),
          join(branches_stay),
          parent(fibers_stay ? boost::fibers::context::active() : nullptr) {}

    const Branch& branch;
    const bool on_one_thread;
    std::atomic<std::uint32_t> left;  // branches that have not ended, and the fiber that does not wait yet
    Join join;
    boost::fibers::context* const parent;       // that waits; null where it may move to another thread meanwhile
    boost::fibers::mutex mutex;                 // guards over
    boost::fibers::condition_variable is_over;  // without a parent
    bool over = false;

    // Only the last one touches any of this once it has counted itself out. A parent that stays on its thread is
    // resumed there, which cannot be before it has suspended itself; one that moves could be, and needs the lock.
    void run(std::uint32_t index) {
      join.run(branch, index);
      if (!was_last()) return;
      if (parent != nullptr) return boost::fibers::context::active()->schedule(parent);
      const std::unique_lock lock(mutex);
      over = true;
      is_over.notify_one();
    }
    void wait() {
      if (was_last()) return;
      if (parent != nullptr) return parent->suspend();
      std::unique_lock lock(mutex);
      is_over.wait(lock, [&] { return over; });
    }
    // Counts one out.
    bool was_last() {
      if (!on_one_thread) return left.fetch_sub(1) == 1;
      const std::uint32_t still = left.load(std::memory_order_relaxed) - 1;
      left.store(still, std::memory_order_relaxed);
      return still == 0;
    }
  };

  // A task, or one branch of a fan-out, that is to become a fiber.
  struct Order {
    Task task;
    FanOut* fan_out;
    std::uint32_t index;
  };

  struct alignas(lines_apart) Inbox {
    std::mutex mutex;
    std::vector<Order> orders;               // guarded by mutex
    std::atomic<std::uint64_t> launched{0};  // written by the worker alone
  };
  struct alignas(lines_apart) Lock {
    boost::fibers::mutex mutex;
  };

  // The steps of a fiber. Branches stay with this worker, or go to all in turn, beginning with this one; or whoever is
  // free takes them.
  struct Steps {
    FiberTasks& owner;
    void wait(std::chrono::nanoseconds time) { owner.runtime_.sleep(time); }
    std::uint64_t request(const Step& step, std::uint32_t connection) {
      return owner.runtime_.request(step, connection);
    }
    void lock(std::uint32_t number) { owner.locks_[number].mutex.lock(); }
    void unlock(std::uint32_t number) { owner.locks_[number].mutex.unlock(); }
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      const std::uint32_t here = owner.runtime_.here();
      const bool sends = owner.runtime_.keeps_fibers() && owner.placement_.spreads(branch.body);
      const std::uint32_t count = sends ? owner.runtime_.count() : 1;
      FanOut fan_out(branch, width, owner.runtime_.keeps_fibers(), owner.runtime_.keeps_fibers() && count == 1);
      for (std::uint32_t index = 0; index < width; ++index) {
        if (index % count != 0) {
          owner.send((here + index) % count, {{}, &fan_out, index});
        } else {
          owner.launch(here, {{}, &fan_out, index});
        }
      }
      fan_out.wait();
      return fan_out.join.result();
    }
  };

  void work(std::uint32_t worker) {
    runtime_.install(worker);
    std::vector<Order> orders;
    while (!stopping_.load()) {
      {
        const std::lock_guard lock(inboxes_[worker]->mutex);
        orders.swap(inboxes_[worker]->orders);
      }
      for (const Order& order : orders) launch(worker, order);
      orders.clear();
      runtime_.wait_for_wake(worker);
    }
  }

  // The worker's main fiber launches it.
  void send(std::uint32_t worker, const Order& order) {
    bool is_first = false;
    {
      const std::lock_guard lock(inboxes_[worker]->mutex);
      is_first = inboxes_[worker]->orders.empty();
      inboxes_[worker]->orders.push_back(order);
    }
    if (is_first) runtime_.wake(worker);
  }

  // On the worker's own thread.
  void launch(std::uint32_t worker, const Order& order) {
    std::atomic<std::uint64_t>& launched = inboxes_[worker]->launched;
    launched.store(launched.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    const auto start = [&](auto stack) {
      boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg, ForgottenStack<decltype(stack)>{stack},
                           [this, order] { run(order); })
          .detach();
    };
    switch (stacks_) {
      case FiberStacks::arena: return start(ArenaStack{arenas_[worker % arenas_.size()].get()});
      case FiberStacks::pooled: return start(pools_[worker]);
      case FiberStacks::malloc: return start(boost::fibers::fixedsize_stack(stack_bytes_));
      case FiberStacks::guarded: return start(boost::fibers::protected_fixedsize_stack(stack_bytes_));
    }
  }

  void run(const Order& order) {
    if (order.fan_out != nullptr) return order.fan_out->run(order.index);
    Steps steps{*this};
    const auto next = run_task(steps, load_, lanes_, order.task);
    if (!next) return in_flight_.remove();
    const std::uint32_t here = runtime_.here(next->scheduled);
    if (runtime_.launches_from_fibers()) {
      launch(here, {*next, nullptr, 0});
    } else {
      send(here, {*next, nullptr, 0});
    }
  }

  Load& load_;
  const std::uint32_t lanes_;
  const FiberStacks stacks_;
  const std::uint64_t stack_bytes_;
  const BranchPlacement placement_;
  std::vector<std::unique_ptr<StackArena>> arenas_;           // one a worker, or one for all where fibers migrate
  std::vector<boost::fibers::pooled_fixedsize_stack> pools_;  // one a worker, where stacks come from them
  std::vector<std::unique_ptr<Inbox>> inboxes_;
  Runtime runtime_;
  std::vector<Lock> locks_;
  InFlight in_flight_;
  std::atomic<std::uint32_t> next_worker_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace cbench
