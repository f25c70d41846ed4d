// The model `tbb` with wait=continue: a task that must wait ends its TBB task, and goes on in another one.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/tbb/tbb_workers.hpp"

#include "models/in_flight.hpp"
#include "models/model.hpp"
#include "models/waiting/reactor.hpp"
#include "models/waiting/readiness.hpp"
#include "models/walks/run_until_suspended.hpp"
#include "workloads/kernels.hpp"

namespace cbench {

// A task in flight is a frame, which a TBB task runs up to its next wait. Branches are frames too, and
// the last one to end goes on with its parent: nobody waits for a task group, so no worker stacks task upon task.
class ContinuingTasks final : public Model {
 public:
  explicit ContinuingTasks(const Environment& environment)
      : load_(environment.load),
        lanes_(environment.lanes),
        frames_(environment.slots),
        collectors_(environment.workers),
        locks_(environment.locks),
        workers_(environment.workers, 0, 0),
        alarm_(no_connections_, [this](std::span<const Waiter> over) {
          for (const Waiter waiter : over) workers_.queue_from_outside(static_cast<Frame*>(waiter), go_on_);
        }) {
    for (std::uint32_t group = 0; group < collectors_.size(); ++group) {
      collectors_[group].next = Next::collect;
      collectors_[group].value = group;
    }
    if (environment.connections.size() == 0) return;
    readiness_.emplace(
        environment.connections, lanes_, environment.workers,
        [groups = environment.workers](std::uint32_t slot) { return slot % groups; },
        [this](std::uint32_t group) { workers_.queue_from_outside(&collectors_[group], go_on_); });
    readiness_->begin();
  }
  ~ContinuingTasks() override {
    if (readiness_) readiness_->end();
    workers_.finish();
  }

  void submit(Task task) override {
    in_flight_.add();
    workers_.queue_from_outside(&begin(frames_[task.slot], task), go_on_);
  }
  void drain() override { in_flight_.wait(); }
  std::uint64_t units_created() const override { return workers_.created(); }

  // The steps, for `resume`.

  static constexpr bool branches_stay = false;
  bool compute(Walk&, const Step& step, std::uint64_t& result) {
    result = run_kernel(step.kernel, step.amount);
    return true;
  }
  void begin_wait(Walk& walk, std::chrono::nanoseconds time) {
    of(walk).next = Next::end_step;
    of(walk).value = static_cast<std::uint64_t>(time.count());
    alarm_.sleep(time, &of(walk));
  }
  // Only the beginning of a request happens here. Where it fails at once, or ends at once, that is said in another
  // task.
  void begin_request(Walk& walk, const Step& step) {
    Frame& frame = of(walk);
    frame.next = Next::attempt_request;
    readiness_->requests().begin(step, walk.connection);
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
  enum class Next : std::uint8_t { start, end_step, fail_step, attempt_request, go_on_holding, collect };
  struct Frame : Walk {
    Next next = Next::start;
    std::uint64_t value = 0;  // of the step that ends; of a collector its group
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
    ContinuingTasks* owner;
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
      case Next::collect: return collect(frame);
    }
  }

  // Looks after the connections of a group, and again in turn with what else there is to do, for as long as some are
  // ready: under load the workers find out for themselves, and nobody wakes them.
  void collect(Frame& collector) {
    std::vector<Waiter> ready;
    const bool more = readiness_->collect(static_cast<std::uint32_t>(collector.value), ready);
    for (const Waiter waiter : ready) workers_.queue(static_cast<Frame*>(waiter), go_on_);
    if (more) workers_.queue(&collector, go_on_);
  }

  // False where the frame waits for its connection: it may be at work again by now.
  bool attempt_request(Frame& frame) {
    const std::uint32_t connection = frame.connection;
    PeerRequests& requests = readiness_->requests();
    while (!requests.attempt(connection)) {
      if (requests.wait_for(connection, &frame)) return false;
    }
    frame.value = requests.reply(connection);
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
  std::vector<Frame> frames_;      // one for each slot
  std::vector<Frame> collectors_;  // one for each group of connections, of which there are as many as workers
  std::vector<HandedLock<Frame*>> locks_;
  InFlight in_flight_;
  TurnTakers<Frame*> workers_;
  const Connections no_connections_;
  Reactor alarm_;                       // for those who sleep
  std::optional<Readiness> readiness_;  // where there are connections
};

}  // namespace cbench
