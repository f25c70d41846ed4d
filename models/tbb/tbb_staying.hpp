// The model `tbb` with wait=suspend and wait=block: a task is one TBB task from its first step to its last.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "models/tbb/tbb_workers.hpp"

#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/threads/blocking_steps.hpp"
#include "models/waiting/reactor.hpp"
#include "models/walks/run_blocking.hpp"

namespace cbench {

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
  SuspendingSteps(const Environment& environment, TurnTakers<Task>& workers)
      : workers_(workers), locks_(environment.locks), reactor_(environment.connections, [this](auto over) {
          for (const Waiter waiter : over) resume(static_cast<tbb::task::suspend_point>(waiter));
        }) {}

  void wait(std::chrono::nanoseconds time) {
    suspend([&](tbb::task::suspend_point point) { reactor_.sleep(time, point); });
  }
  std::uint64_t request(const Step& step, std::uint32_t connection) {
    reactor_.requests().begin(step, connection);
    while (!reactor_.requests().attempt(connection)) {
      suspend([&](tbb::task::suspend_point point) {
        if (!reactor_.requests().wait_for(connection, point)) resume(point);
      });
    }
    return reactor_.requests().reply(connection);
  }
  void lock(std::uint32_t number) {
    if (locks_[number].try_acquire()) return;
    suspend([&](tbb::task::suspend_point point) {
      if (locks_[number].acquire(point)) resume(point);
    });
  }
  void unlock(std::uint32_t number) {
    if (const auto next = locks_[number].release()) resume(*next);
  }

 private:
  template <class Begin>
  void suspend(Begin begin) {
    tbb::task::suspend(begin);
    workers_.remove_stranger();
  }
  void resume(tbb::task::suspend_point point) {
    workers_.add_stranger();
    tbb::task::resume(point);
  }

  TurnTakers<Task>& workers_;
  std::vector<HandedLock<tbb::task::suspend_point>> locks_;
  Reactor reactor_;
};

// wait=block. As a user would who does not care: the worker waits.
struct BlockingWorkerSteps : BlockingSteps {
  BlockingWorkerSteps(const Environment& environment, TurnTakers<Task>&)
      : BlockingSteps(environment.connections, environment.locks) {}
};

// A task in flight is one TBB task from its first step to its last, branches are a task group of their own.
template <class Waits>
class StayingTasks final : public Model {
 public:
  // `stacks`: how many are in use at once where every task waits.
  StayingTasks(const Environment& environment, std::uint32_t most_inside, std::uint32_t most_waiting,
               std::uint32_t stacks, std::size_t stack_bytes)
      : load_(environment.load),
        lanes_(environment.lanes),
        most_waiting_(most_waiting),
        admission_(most_inside),
        workers_(environment.workers, stacks, stack_bytes),
        steps_{{environment, workers_}, workers_} {}
  ~StayingTasks() override { workers_.finish(); }

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
    StayingTasks* owner;
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

}  // namespace cbench
