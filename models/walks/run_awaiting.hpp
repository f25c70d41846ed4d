// The walk of a script for idioms whose steps are awaited: C++20 coroutines. One coroutine is one task, or one branch
// of a fan-out, and its frame holds the whole walk: a task costs one frame, however its script nests.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

#include "harness/load.hpp"
#include "workloads/kernels.hpp"
#include "workloads/script.hpp"

namespace cbench {

template <class Idiom>
class FanOut;

// What an idiom provides: one object per place where coroutines run (an executor). A coroutine goes on at the place
// where it began. Awaiting suspends the calling coroutine, and blocks nobody.
template <class I>
concept AwaitingIdiom = requires(I& idiom, const Step& step, std::uint32_t number, FanOut<I>& fan_out,
                                 std::optional<Task> next) {
  typename I::Coroutine;        // returned suspended, for the idiom to begin
  idiom.wait(step.time);        // to be awaited
  idiom.request(step, number);  // to be awaited: over connection `number`; gives what the reply folds
  idiom.lock(number);           // to be awaited: gives back the lock, held
  idiom.unlock(number);
  idiom.all_of(fan_out);             // to be awaited: begins fan_out.branch(place, index) of every index, each at its
                                     // place; gives fan_out.result() once all are over
  idiom.branch_over(fan_out);        // at the end of a branch, the last that it does
  idiom.task_over(std::move(next));  // at the end of a task: starts the next, if any
};

namespace detail {

// The locks that a walk holds, each until the end of its body. Gives all of them back when it goes.
template <AwaitingIdiom Idiom>
class HeldLocks {
 public:
  HeldLocks(Idiom& idiom, Load& load) : idiom_(idiom), load_(load) {}
  ~HeldLocks() { give_back_until(UINT32_MAX); }
  HeldLocks(const HeldLocks&) = delete;
  HeldLocks& operator=(const HeldLocks&) = delete;

  void add(std::uint32_t lock, std::uint32_t end) {
    load_.enter(lock);
    held_[count_++] = {lock, end};
  }
  // Those whose body ends at `step` or before.
  void give_back_until(std::uint32_t step) {
    while (count_ > 0 && held_[count_ - 1].end <= step) {
      const std::uint32_t lock = held_[--count_].lock;
      load_.leave(lock);
      idiom_.unlock(lock);
    }
  }

 private:
  struct Held {
    std::uint32_t lock;
    std::uint32_t end;
  };
  Idiom& idiom_;
  Load& load_;
  std::uint32_t count_ = 0;
  std::array<Held, max_nested_locks> held_;
};

// `errand` says what is run, and is told when it begins and ends.
template <AwaitingIdiom Idiom, class Errand>
typename Idiom::Coroutine run_awaiting(Idiom& idiom, Load& load, Errand errand) {
  errand.begin(load);
  std::uint64_t digest = errand.digest();
  std::exception_ptr error;
  try {
    HeldLocks<Idiom> held(idiom, load);
    const Script script = errand.script();
    std::uint32_t at = 0;
    while (at < script.size()) {
      held.give_back_until(at);
      const Step& step = script[at];
      switch (step.kind) {
        case StepKind::compute: digest = fold(digest, run_kernel(step.kernel, step.amount)); break;
        case StepKind::wait:
          co_await idiom.wait(step.time);
          digest = fold(digest, static_cast<std::uint64_t>(step.time.count()));
          break;
        case StepKind::request: digest = fold(digest, co_await idiom.request(step, errand.connection())); break;
        case StepKind::critical:
          co_await idiom.lock(step.lock);
          held.add(step.lock, at + 1 + step.body);
          digest = fold(digest, step.lock);
          break;
        case StepKind::fan_out: {
          FanOut<Idiom> fan_out(idiom, load, script, at, errand.connection());
          digest = fold(digest, co_await idiom.all_of(fan_out));
          at += step.body;
          break;
        }
      }
      ++at;
    }
  } catch (...) {
    error = std::current_exception();
  }
  errand.end(idiom, load, digest, std::move(error));
}

struct TaskErrand {
  Task task;
  std::uint32_t lanes;

  void begin(Load& load) { load.start(task); }
  Script script() const { return task.script; }
  std::uint32_t connection() const { return task.slot * lanes; }
  std::uint64_t digest() const { return 0; }

  template <class Idiom>
  void end(Idiom& idiom, Load& load, std::uint64_t digest, const std::exception_ptr& error) {
    if (!error) return idiom.task_over(load.finish(task, digest));
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& what) {
      load.fail(task, what.what());
    }
    idiom.task_over(std::nullopt);
  }
};

template <class Idiom>
struct BranchErrand {
  FanOut<Idiom>& fan_out;
  std::uint32_t index;

  void begin(Load&) {}
  Script script() const { return fan_out.body(); }
  std::uint32_t connection() const { return fan_out.connection_of(index); }
  std::uint64_t digest() const { return branch_digest(index); }
  void end(Idiom& idiom, Load&, std::uint64_t digest, std::exception_ptr error) {
    fan_out.end_branch(digest, std::move(error));
    idiom.branch_over(fan_out);
  }
};

}  // namespace detail

// The coroutine of a whole task.
template <AwaitingIdiom Idiom>
typename Idiom::Coroutine run_task(Idiom& idiom, Load& load, std::uint32_t lanes, const Task& task) {
  return detail::run_awaiting(idiom, load, detail::TaskErrand{task, lanes});
}

// A fan-out in progress, in the frame of the coroutine that awaits it.
template <class Idiom>
class FanOut {
 public:
  FanOut(Idiom& idiom, Load& load, Script script, std::uint32_t at, std::uint32_t connection)
      : home(idiom),
        load_(load),
        step_(script[at]),
        body_(body_of(script, at)),
        connection_(connection),
        left_(step_.width + 1) {}

  std::uint32_t width() const { return step_.width; }
  // The coroutine of one branch, which is to run at `place`. From any thread.
  typename Idiom::Coroutine branch(Idiom& place, std::uint32_t index) {
    return detail::run_awaiting(place, load_, detail::BranchErrand<Idiom>{*this, index});
  }

  // For the walk of a branch.
  Script body() const { return body_; }
  std::uint32_t connection_of(std::uint32_t index) const { return connection_ + index * step_.lanes; }
  void end_branch(std::uint64_t digest, std::exception_ptr error) {
    if (!error) {
      sum_.fetch_add(digest, std::memory_order_relaxed);
    } else if (!failed_.exchange(true)) {
      error_ = std::move(error);
    }
  }

  // Once all branches have ended: the sum of their digests. Throws what the first failing branch threw.
  std::uint64_t result() const {
    if (error_) std::rethrow_exception(error_);
    return sum_.load(std::memory_order_relaxed);
  }

  // For idioms that count themselves what is still to end, branches and the one that awaits them: whether that was all.
  bool one_less() { return left_.fetch_sub(1) == 1; }
  Idiom& home;                     // where the fan-out began
  std::coroutine_handle<> parent;  // the coroutine that awaits it, where the idiom notes it

 private:
  Load& load_;
  const Step& step_;
  const Script body_;
  const std::uint32_t connection_;
  std::atomic<std::uint32_t> left_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> sum_{0};
  std::exception_ptr error_;
};

}  // namespace cbench
