// The actor that runs tasks: a message each, and messages for whatever comes of them. The model `actors` has a few.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "harness/clock.hpp"
#include "models/caf/actor_company.hpp"
#include "models/caf/actor_messages.hpp"
#include "models/waiting/readiness.hpp"
#include "models/waiting/timer_heap.hpp"
#include "models/walks/run_until_suspended.hpp"
#include "workloads/kernels.hpp"

namespace cbench {

// Runs tasks, a message each, and whatever comes of them. Owns the walks that it runs and their sleep.
class WorkerActor final : public LoudActor {
  using OwnedWalk = actor_messages::OwnedWalk;
  using RunTask = actor_messages::RunTask;
  using RunBranch = actor_messages::RunBranch;
  using BranchOver = actor_messages::BranchOver;
  using StepOver = actor_messages::StepOver;
  using Ready = actor_messages::Ready;
  using Attempt = actor_messages::Attempt;
  using Alarm = actor_messages::Alarm;
  using Granted = actor_messages::Granted;
  using Acquire = actor_messages::Acquire;
  using Release = actor_messages::Release;

 public:
  WorkerActor(caf::actor_config& config, Company& company, std::uint32_t number)
      : LoudActor(config), company_(company), load_(company.load), number_(number), sent_(company.sent[number].count) {}

  // The frequent ones first: CAF compares the names of the types, one handler after the other.
  caf::behavior make_behavior() override {
    return {
        [this](const RunTask& message) {
          Task task = message.task;
          load_.start(task);
          OwnedWalk& walk = make_walk();
          begin_task(walk, task, company_.lanes);
          cbench::resume(*this, load_, walk);
        },
        [this](const RunBranch& branch) {
          OwnedWalk& walk = make_walk();
          walk.script = branch.script;
          walk.at = 0;
          walk.connection = branch.connection;
          walk.digest = branch.digest;
          walk.waiting_parent = branch.parent;
          cbench::resume(*this, load_, walk);
        },
        [this](const Ready&) { look_at_connections(); },
        [this](const Attempt& message) {
          if (const auto over = attempt(*message.walk)) go_on(*over);
        },
        [this](const StepOver& over) { go_on(over); },
        [this](const Alarm& alarm) { ring(alarm.due); },
        [this](const Granted& granted) { resume_holding(*this, load_, *granted.walk); },
        [this](const BranchOver& branch) { resume_joined(*this, load_, *branch.parent, branch.digest, branch.error); },
    };
  }

  // The idiom of run_until_suspended.
  static constexpr bool branches_stay = true;  // as walks: to another worker goes a message
  bool compute(Walk&, const Step& step, std::uint64_t& result) {
    result = run_kernel(step.kernel, step.amount);
    return true;
  }
  void begin_wait(Walk& walk, std::chrono::nanoseconds time) {
    const Ticks due = ticks::now() + ticks::from_ns(time);
    sleepers_.add(due, &owned(walk));
    if (due < alarm_) set_alarm(due);
  }
  void begin_request(Walk& walk, const Step& step) {
    company_.readiness->requests().begin(step, walk.connection);
    if (const auto over = attempt(owned(walk))) tell_myself(*over);
  }
  bool acquire(Walk& walk, std::uint32_t lock) {
    tell(company_.locks[lock], Acquire{&owned(walk)});
    return false;
  }
  void release(std::uint32_t lock) { tell(company_.locks[lock], Release{}); }
  // Branches are messages, to this worker or to all in turn.
  Walk* make_branch(Walk&) { return &outgoing_; }
  void start_branch(Walk& branch) {
    const RunBranch message{branch.script, branch.connection, branch.digest, &owned(*branch.parent)};
    if (!company_.placement.spreads(branch.script)) return tell_myself(message);
    tell(company_.workers[branch_to_], message);
    branch_to_ = (branch_to_ + 1) % static_cast<std::uint32_t>(company_.workers.size());
  }
  void end_branch(Walk&) {}  // no walk here has a parent: a branch is a message, and so is its end
  void end_task(Walk& ended, const std::exception_ptr& error) {
    OwnedWalk& walk = owned(ended);
    if (OwnedWalk* parent = std::exchange(walk.waiting_parent, nullptr)) {
      if (parent->home == number_) {
        resume_joined(*this, load_, *parent, walk.digest, error);
      } else {
        tell(company_.workers[parent->home], BranchOver{parent, walk.digest, error});
      }
    } else if (const auto next = finish(walk.task, walk.digest, error)) {
      tell_myself(RunTask{*next});
    } else {
      company_.in_flight.remove();
    }
    spare_walks_.push_back(&walk);
  }

 private:
  static OwnedWalk& owned(Walk& walk) { return static_cast<OwnedWalk&>(walk); }

  template <class Message>
  void tell(const caf::actor& whom, Message&& message) {
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    send(whom, std::forward<Message>(message));
  }

  // Nobody asks who sent these, and a sender is counted in and out for each message.
  template <class Message>
  void tell_myself(Message&& message) {
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    caf::anon_send(this, std::forward<Message>(message));
  }

  OwnedWalk& make_walk() {
    if (spare_walks_.empty()) {
      walks_.emplace_back().home = number_;
      return walks_.back();
    }
    OwnedWalk* walk = spare_walks_.back();
    spare_walks_.pop_back();
    return *walk;
  }

  std::optional<Task> finish(const Task& task, std::uint64_t digest, const std::exception_ptr& error) {
    if (!error) return load_.finish(task, digest);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& what) {
      load_.fail(task, what.what());
    }
    return std::nullopt;
  }

  // Looks again, in turn with its other messages, until there is nothing more. A branch may wait on another worker.
  void look_at_connections() {
    if (!company_.readiness->collect(number_, ready_)) return;
    tell_myself(Ready{});
    for (const Waiter waiter : ready_) {
      auto& walk = *static_cast<OwnedWalk*>(waiter);
      if (walk.home != number_) {
        tell(company_.workers[walk.home], Attempt{&walk});
      } else if (const auto over = attempt(walk)) {
        go_on(*over);
      }
    }
    ready_.clear();
  }

  // Moves the bytes of a request. Nothing where it is not over: whoever looks at the connection says when there is more
  // to do.
  std::optional<StepOver> attempt(OwnedWalk& walk) {
    PeerRequests& requests = company_.readiness->requests();
    try {
      do {
        if (requests.attempt(walk.connection)) return StepOver{&walk, requests.reply(walk.connection), nullptr};
      } while (!requests.wait_for(walk.connection, &walk));
      return std::nullopt;
    } catch (...) {
      return StepOver{&walk, 0, std::current_exception()};
    }
  }

  void go_on(const StepOver& over) {
    if (over.error) {
      cbench::resume(*this, load_, *over.walk, over.error);
    } else {
      resume_with(*this, load_, *over.walk, over.value);
    }
  }

  // One delayed message for the next sleeper, instead of one for each.
  void set_alarm(Ticks due) {
    alarm_ = due;
    sent_.store(sent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    delayed_send(company_.workers[number_], std::chrono::nanoseconds(ticks::to_ns(ticks::now(), due)), Alarm{due});
  }

  void ring(Ticks due) {
    if (due != alarm_) return;  // it was set before somebody came who is due earlier
    alarm_ = 0;                 // nobody sets it meanwhile
    const Ticks now = ticks::now();
    for (int woken = 0; woken < most_woken; ++woken) {
      OwnedWalk* walk = sleepers_.take_due(now);
      if (walk == nullptr) break;
      resume_with(*this, load_, *walk, static_cast<std::uint64_t>(walk->script[walk->at].time.count()));
    }
    alarm_ = sleepers_.next_due();
    if (alarm_ <= now) {
      tell_myself(Alarm{alarm_});
    } else if (!sleepers_.empty()) {
      set_alarm(alarm_);
    }
  }

  static constexpr int most_woken = 256;  // at once: other messages get their turn in between

  Company& company_;
  Load& load_;
  const std::uint32_t number_;
  std::atomic<std::uint64_t>& sent_;
  std::deque<OwnedWalk> walks_;
  std::vector<OwnedWalk*> spare_walks_;
  std::vector<Waiter> ready_;
  TimerHeap<OwnedWalk*> sleepers_;
  Ticks alarm_ = UINT64_MAX;  // when the next one rings
  Walk outgoing_;             // a branch on its way into a message
  std::uint32_t branch_to_ = number_;
};

}  // namespace cbench
