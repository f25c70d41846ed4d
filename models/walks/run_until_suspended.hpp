// The walk of a script for idioms made of callbacks: it runs until a step must wait, returns to the loop, and is
// resumed from the callback that ends the step.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <utility>

#include "harness/load.hpp"
#include "workloads/script.hpp"

namespace cbench {

// A task, or one branch of its fan-out, in progress. Never on two threads at once; but the branches of one fan-out may
// be on different ones, where an idiom starts them so.
struct Walk {
  Script script;
  std::uint32_t at = 0;          // the step that runs or is to run next
  std::uint32_t connection = 0;  // the first of those that this branch may use
  std::uint64_t digest = 0;

  Walk* parent = nullptr;           // the walk that fanned out into this branch; null for a task
  std::uint32_t branches_left = 0;  // of the fan-out that this walk waits for
  std::uint64_t branch_sum = 0;
  bool failed = false;       // one of its branches threw
  std::exception_ptr error;  // the first one of its branches

  struct Held {
    std::uint32_t lock;
    std::uint32_t end;  // the step at which it is given back
  };
  std::array<Held, max_nested_locks> held{};
  std::uint32_t held_count = 0;

  Task task;  // of a walk without parent
};

// Makes a walk ready to run a task from its first step: a new one, or one whose last task is over.
inline void begin_task(Walk& walk, const Task& task, std::uint32_t lanes) {
  walk.script = task.script;
  walk.at = 0;
  walk.connection = task.slot * lanes;
  walk.digest = 0;
  walk.task = task;
}

// What an idiom provides. Nothing here blocks. What cannot be done at once ends in one of the resume functions below,
// called later from the same loop, never from within the call itself.
template <class I>
concept CallbackIdiom = requires(I& idiom, Walk& walk, const Step& step, std::uint32_t number, std::uint64_t& result) {
  { I::branches_stay } -> std::convertible_to<bool>;            // with the thread of their walk
  { idiom.compute(walk, step, result) } -> std::same_as<bool>;  // true: done, `result` set; false: resume_with later
  idiom.begin_wait(walk, step.time);                            // resume_with(time) later
  idiom.begin_request(walk, step);                              // over walk.connection; resume_with(value) later
  { idiom.acquire(walk, number) } -> std::same_as<bool>;        // true: lock held; false: resume_holding later
  idiom.release(number);
  { idiom.make_branch(walk) } -> std::same_as<Walk*>;  // a blank walk for a branch of `walk`
  idiom.start_branch(walk);                            // resume(branch) later
  idiom.end_branch(walk);                              // the branch is over: its memory may be used again
  idiom.end_task(walk, std::exception_ptr{});  // the task is over: Load::finish, or fail where there is an error
};

namespace detail {

template <CallbackIdiom Idiom>
void give_back_locks(Idiom& idiom, Load& load, Walk& walk, std::uint32_t until) {
  while (walk.held_count > 0 && walk.held[walk.held_count - 1].end <= until) {
    const std::uint32_t lock = walk.held[--walk.held_count].lock;
    load.leave(lock);
    idiom.release(lock);
  }
}

// Ends a walk. Returns the parent where this was the last branch that it waited for.
template <CallbackIdiom Idiom>
Walk* end(Idiom& idiom, Walk& walk, std::exception_ptr error) {
  if (walk.parent == nullptr) {
    idiom.end_task(walk, std::move(error));
    return nullptr;
  }
  Walk& parent = *walk.parent;
  bool is_last = false;
  if constexpr (Idiom::branches_stay) {
    parent.branch_sum += walk.digest;
    if (error && !std::exchange(parent.failed, true)) parent.error = std::move(error);
    is_last = --parent.branches_left == 0;
    idiom.end_branch(walk);
  } else {
    std::atomic_ref(parent.branch_sum).fetch_add(walk.digest, std::memory_order_relaxed);
    if (error && !std::atomic_ref(parent.failed).exchange(true)) parent.error = std::move(error);
    idiom.end_branch(walk);
    is_last = std::atomic_ref(parent.branches_left).fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  return is_last ? &parent : nullptr;
}

// Steps over the fan-out of a walk whose branches have all ended. Returns what the first failing one threw.
inline std::exception_ptr join(Walk& walk) {
  walk.failed = false;
  walk.digest = fold(walk.digest, walk.branch_sum);
  walk.at += 1 + walk.script[walk.at].body;
  return std::exchange(walk.error, nullptr);
}

}  // namespace detail

// Runs the walk, and the walks that wait for it, until a step must wait or the task is over.
template <CallbackIdiom Idiom>
void resume(Idiom& idiom, Load& load, Walk& first, std::exception_ptr error = nullptr) {
  Walk* walk = &first;
  while (walk != nullptr) {
    if (error) {
      detail::give_back_locks(idiom, load, *walk, UINT32_MAX);
      walk = detail::end(idiom, *walk, std::exchange(error, nullptr));
    } else {
      detail::give_back_locks(idiom, load, *walk, walk->at);
      if (walk->at == walk->script.size()) {
        walk = detail::end(idiom, *walk, nullptr);
      } else {
        const std::uint32_t at = walk->at;
        const Step& step = walk->script[at];
        switch (step.kind) {
          case StepKind::compute: {
            std::uint64_t result = 0;
            try {
              if (!idiom.compute(*walk, step, result)) return;
            } catch (...) {
              error = std::current_exception();
              continue;
            }
            walk->digest = fold(walk->digest, result);
            ++walk->at;
            continue;
          }
          case StepKind::wait: idiom.begin_wait(*walk, step.time); return;
          case StepKind::request: idiom.begin_request(*walk, step); return;
          case StepKind::critical:
            if (!idiom.acquire(*walk, step.lock)) return;
            load.enter(step.lock);
            walk->held[walk->held_count++] = {step.lock, at + 1 + step.body};
            walk->digest = fold(walk->digest, step.lock);
            ++walk->at;
            continue;
          case StepKind::fan_out:
            walk->branches_left = step.width;
            walk->branch_sum = 0;
            for (std::uint32_t index = 0; index < step.width; ++index) {
              Walk* branch = idiom.make_branch(*walk);
              branch->script = body_of(walk->script, at);
              branch->connection = walk->connection + index * step.lanes;
              branch->digest = branch_digest(index);
              branch->parent = walk;
              idiom.start_branch(*branch);
            }
            return;
        }
      }
    }
    // Here only when the last branch of `walk` has ended.
    if (walk != nullptr) error = detail::join(*walk);
  }
}

// Goes on after a compute, wait or request step that gave `value`.
template <CallbackIdiom Idiom>
void resume_with(Idiom& idiom, Load& load, Walk& walk, std::uint64_t value) {
  walk.digest = fold(walk.digest, value);
  ++walk.at;
  resume(idiom, load, walk);
}

// One branch of the fan-out that `parent` waits for has ended, for idioms that run a branch as a walk of its own:
// without a parent, so that it ends in end_task, which brings the news to the parent's loop.
template <CallbackIdiom Idiom>
void resume_joined(Idiom& idiom, Load& load, Walk& parent, std::uint64_t digest, std::exception_ptr error) {
  parent.branch_sum += digest;
  if (error && !parent.error) parent.error = std::move(error);
  if (--parent.branches_left == 0) {
    error = detail::join(parent);
    resume(idiom, load, parent, std::move(error));
  }
}

// Goes on inside the lock that `acquire` could not give at once.
template <CallbackIdiom Idiom>
void resume_holding(Idiom& idiom, Load& load, Walk& walk) {
  const Step& step = walk.script[walk.at];
  load.enter(step.lock);
  walk.held[walk.held_count++] = {step.lock, walk.at + 1 + step.body};
  walk.digest = fold(walk.digest, step.lock);
  ++walk.at;
  resume(idiom, load, walk);
}

}  // namespace cbench
