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
                                 std::coroutine_handle<> suspended, std::optional<Task> next) {
  typename I::Coroutine;        // returned suspended, with a `handle`; frees its frame when it ends
  idiom.wait(step.time);        // to be awaited
  idiom.request(step, number);  // to be awaited: over connection `number`; gives what the reply folds
  idiom.lock(number);           // to be awaited: gives back the lock, held
  idiom.unlock(number);
  idiom.start_branches(fan_out);     // makes fan_out.branch(place, index) of every index, each resumed on its place
  idiom.resume_later(suspended);     // from any thread: resumes it here
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
        case StepKind::fan_out:
          digest = fold(digest, co_await FanOut<Idiom>(idiom, load, script, at, errand.connection()));
          at += step.body;
          break;
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
  void end(Idiom&, Load&, std::uint64_t digest, std::exception_ptr error) {
    fan_out.end_branch(digest, std::move(error));
  }
};

}  // namespace detail

// The coroutine of a whole task.
template <AwaitingIdiom Idiom>
typename Idiom::Coroutine run_task(Idiom& idiom, Load& load, std::uint32_t lanes, const Task& task) {
  return detail::run_awaiting(idiom, load, detail::TaskErrand{task, lanes});
}

// A fan-out in progress, in the frame of the coroutine that awaits it; awaiting gives the sum of the branches' digests,
// or throws what the first failing branch threw, once all have ended.
template <class Idiom>
class FanOut {
 public:
  FanOut(Idiom& idiom, Load& load, Script script, std::uint32_t at, std::uint32_t connection)
      : idiom_(idiom),
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
    if (left_.fetch_sub(1) == 1) idiom_.resume_later(parent_);
  }

  // For co_await. The branches may all end before start_branches returns: the parent counts as one more of them.
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> parent) {
    parent_ = parent;
    idiom_.start_branches(*this);
    return left_.fetch_sub(1) != 1;
  }
  std::uint64_t await_resume() const {
    if (error_) std::rethrow_exception(error_);
    return sum_.load(std::memory_order_relaxed);
  }

 private:
  Idiom& idiom_;
  Load& load_;
  const Step& step_;
  const Script body_;
  const std::uint32_t connection_;
  std::atomic<std::uint32_t> left_;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> sum_{0};
  std::exception_ptr error_;
  std::coroutine_handle<> parent_;
};

}  // namespace cbench
