// The walk of a script for idioms whose steps block the calling unit: a thread, a fiber, a resumable task.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <optional>

#include "harness/load.hpp"
#include "workloads/kernels.hpp"
#include "workloads/script.hpp"

namespace cbench {

// A branch of a fan-out, to be called once for each index below its width: a reference to the walk's own code, alive
// until every branch has ended. It may throw. Another process, where that code cannot be called, runs `body` itself.
class Branch {
 public:
  template <class Function>
  Branch(Function& function, Script steps, std::uint32_t first_connection, std::uint32_t connections)
      : body(steps),
        connection(first_connection),
        lanes(connections),
        function_(&function),
        call_([](void* f, std::uint32_t index) { return (*static_cast<Function*>(f))(index); }) {}
  std::uint64_t operator()(std::uint32_t index) const { return call_(function_, index); }

  const Script body;
  const std::uint32_t connection;  // the first of those of branch 0; branch `index` has those from index * lanes on
  const std::uint32_t lanes;

 private:
  void* function_;
  std::uint64_t (*call_)(void*, std::uint32_t);
};

// Collects what the branches of one fan-out returned. `run` may be called from several threads at once, unless all of
// them stay with one, which spares what atomic additions cost; `result` once all of them have ended, which the idiom
// waits for by its own means.
class Join {
 public:
  explicit Join(bool on_one_thread = false) : on_one_thread_(on_one_thread) {}

  void run(const Branch& branch, std::uint32_t index) noexcept {
    try {
      const std::uint64_t digest = branch(index);
      if (on_one_thread_) {
        sum_.store(sum_.load(std::memory_order_relaxed) + digest, std::memory_order_relaxed);
      } else {
        sum_.fetch_add(digest, std::memory_order_relaxed);
      }
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
  }
  // The sum of the digests. Throws what the first failing branch threw.
  std::uint64_t result() const {
    if (error_) std::rethrow_exception(error_);
    return sum_.load(std::memory_order_relaxed);
  }

 private:
  const bool on_one_thread_;
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

// What an idiom provides. Every call blocks the calling unit, and nothing else, until it is done.
template <class I>
concept BlockingIdiom = requires(I& idiom, const Step& step, std::uint32_t number, const Branch& branch) {
  idiom.wait(step.time);
  { idiom.request(step, number) } -> std::same_as<std::uint64_t>;  // over connection `number`; what the reply folds
  idiom.lock(number);
  idiom.unlock(number);
  { idiom.fan_out(number, branch) } -> std::same_as<std::uint64_t>;  // Join::result of `number` branches
};

// Runs the script and returns the digest. `connection` is the first of those that this branch of the task may use.
// Throws what a step threw, after the locks it held were given back.
template <BlockingIdiom Idiom>
std::uint64_t run_blocking(Idiom& idiom, Load& load, Script script, std::uint32_t connection, std::uint64_t digest) {
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    switch (step.kind) {
      case StepKind::compute: digest = fold(digest, run_kernel(step.kernel, step.amount)); break;
      case StepKind::wait:
        idiom.wait(step.time);
        digest = fold(digest, static_cast<std::uint64_t>(step.time.count()));
        break;
      case StepKind::request: digest = fold(digest, idiom.request(step, connection)); break;
      case StepKind::critical: {
        struct Inside {
          Idiom& idiom;
          Load& load;
          std::uint32_t lock;
          Inside(Idiom& i, Load& l, std::uint32_t n) : idiom(i), load(l), lock(n) {
            idiom.lock(lock);
            load.enter(lock);
          }
          ~Inside() {
            load.leave(lock);
            idiom.unlock(lock);
          }
        } inside(idiom, load, step.lock);
        digest = run_blocking(idiom, load, body_of(script, at), connection, fold(digest, step.lock));
        break;
      }
      case StepKind::fan_out: {
        auto run_branch = [&](std::uint32_t index) {
          return run_blocking(idiom, load, body_of(script, at), connection + index * step.lanes, branch_digest(index));
        };
        const Branch branch(run_branch, body_of(script, at), connection, step.lanes);
        digest = fold(digest, idiom.fan_out(step.width, branch));
        break;
      }
    }
  }
  return digest;
}

// Runs a whole task between start and finish, or fail. Returns its successor, which the caller submits.
template <BlockingIdiom Idiom>
std::optional<Task> run_task(Idiom& idiom, Load& load, std::uint32_t lanes, Task task) {
  load.start(task);
  try {
    return load.finish(task, run_blocking(idiom, load, task.script, task.slot * lanes, 0));
  } catch (const std::exception& error) {
    load.fail(task, error.what());
    return std::nullopt;
  }
}

}  // namespace cbench
