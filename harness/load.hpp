// Brings tasks to a model and takes them back: the only part of the harness that a model talks to while a trial runs.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "harness/arrival_queue.hpp"
#include "harness/clock.hpp"
#include "harness/recorder.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"
#include "workloads/script.hpp"
#include "workloads/work.hpp"

namespace cbench {

// One task in flight. A plain value: models move it through queues, stacks, frames, messages and pipes. The script
// points into memory that exists before the model does and is the same in every forked worker.
struct Task {
  std::uint64_t id = 0;
  std::uint32_t slot = 0;  // a place for one task in flight; its connections belong to the task meanwhile
  std::uint32_t script_index = 0;
  Script script;
  Ticks scheduled = 0;  // when it should have started
  Ticks started = 0;    // set by Load::start
};

// Decides what is submitted and records what is finished. Lives in shared memory as far as it changes, so that forked
// workers use the same object. One per trial.
class Load {
 public:
  // `slots`: tasks in flight at most. `tasks`: how many in all; 0: until the window closes.
  // `work` must outlive the load.
  Load(const Work& work, std::uint32_t slots, std::uint64_t tasks = 0);
  // An open load: tasks arrive by that rule, and `slots` of them at most are in flight. `shed`: those that find no free
  // slot are dropped, else they wait for one.
  Load(const Work& work, std::uint32_t slots, const ArrivalRule& rule, bool shed);

  // --- The harness's side, from the trial's main thread ---

  // Sets the measured window: tasks that finish from `begin` on and before `end` are recorded, and none is brought
  // after `end`. Until it is called nothing is recorded and nothing ends.
  void set_window(Ticks begin, Ticks end);

  // The first task of a slot; slots from 0 on, each once. Nothing where fixed work has fewer tasks than slots.
  std::optional<Task> first(std::uint32_t slot);
  // In place of `first`: from now on next_first() gives the slots of a closed or fixed load their first tasks.
  void fill() { state_[0].next_slot.store(0); }

  // In place of both under an open load, before its first arrival. Recorded are the tasks that are due within the
  // window and finish before `give_up`.
  void open(const OpenTimes& times);
  // Of an open load, from the thread that brings its arrivals: when it is to ask for the next one (UINT64_MAX: there
  // are no more), and one that is due and has been given a slot. Nothing where none is due, or all slots are taken:
  // then whoever finishes takes it.
  Ticks next_due() const { return arrivals_->next_due(); }
  std::optional<Task> next_arrival();

  // No further tasks from now on: the trial is to end early.
  void stop();

  const Recorder& recorder() const { return recorder_; }
  const Work& work() const { return work_; }
  std::uint32_t slots() const { return slots_; }
  bool is_open() const { return arrivals_ != nullptr; }
  // Over all finished tasks, what they returned less what was expected of them: 0 where all did their work.
  std::uint64_t difference() const { return state_[0].difference.load(std::memory_order_relaxed); }
  // Whether every slot has finished a task.
  bool settled() const { return state_[0].settled.load(std::memory_order_relaxed) >= slots_; }
  // When the last task of fixed work finished; 0 before that.
  Ticks last_finish() const { return state_[0].last_finish.load(); }
  // How many tasks a slot finished within the window, and the fewest and most of any slot.
  std::uint64_t finished_by(std::uint32_t slot) const;
  struct Slots {
    std::uint64_t fewest = 0;
    std::uint64_t most = 0;

    // Most over fewest: 1 is fair; 0 where a slot had none.
    double spread() const { return fewest == 0 ? 0 : static_cast<double>(most) / static_cast<double>(fewest); }
  };
  Slots finished_by_slots() const;
  // Of an open load, once its tasks are over: what became of its arrivals.
  ArrivalCounts arrival_counts() const { return arrivals_->counts(); }
  // Of the first failure, if any: set by fail(), or by a lock that let two tasks in.
  std::optional<std::string> failure() const;

  // --- The model's side, from any thread or forked process; nothing here blocks or allocates ---

  // Before the first step of the task. A task that comes to its turn when the load is over has nothing left to do: its
  // script is taken away, so that draining a thousand queued tasks of a blocking pool takes no time.
  void start(Task& task) const {
    task.started = ticks::now();
    const State& state = state_[0];
    if (task.started >= state.end.load(std::memory_order_relaxed) || state.stopped.load(std::memory_order_relaxed))
        [[unlikely]] {
      task.script = {};
      task.script_index = abandoned;
    }
  }

  // After the last step. Returns the task that takes this one's place, which the caller submits to its model again
  // through the model's own scheduling; nothing when the load is over.
  std::optional<Task> finish(const Task& task, std::uint64_t digest) {
    const ticks::Stamp at = ticks::stamp();
    if (arrivals_) [[unlikely]]
      return finish_arrival(task, digest, at);
    return finish_turn(task, digest, at);
  }

  // The first task of the next slot that has had none, to be submitted; nothing where there is no such slot, or before
  // fill(). For the harness, and for models in which a task costs a thread: those that end start hundreds at once, and
  // the one thread that fills the slots would hardly come to the last of them without their help.
  std::optional<Task> next_first() {
    if (state_[0].next_slot.load(std::memory_order_relaxed) >= slots_) return std::nullopt;
    const std::uint32_t slot = state_[0].next_slot.fetch_add(1);
    return slot < slots_ ? first(slot) : std::nullopt;
  }

  // In place of finish: the task could not be done. The first reason is kept, the trial ends as failed, and no
  // successors are brought to any slot.
  void fail(const Task& task, std::string_view reason);
  // A failure that belongs to no task: a worker that died, a loop that broke.
  void fail(std::string_view reason);

  // Around the body of a critical step, by the walks: proves that nobody else is inside the lock.
  void enter(std::uint32_t lock) {
    if (inside_[lock].now.exchange(1, std::memory_order_relaxed) != 0) [[unlikely]]
      note_intruder(lock);
  }
  void leave(std::uint32_t lock) { inside_[lock].now.store(0, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t abandoned = UINT32_MAX;  // in place of a script's index

  struct alignas(lines_apart) State {
    std::atomic<Ticks> begin;
    std::atomic<Ticks> end;
    std::atomic<std::uint64_t> slices_per_tick_q48;  // of the window, in 16.48 fixed point
    std::atomic<bool> stopped;
    std::atomic<std::uint32_t> next_slot;                     // that gets its first task
    alignas(lines_apart) std::atomic<std::uint64_t> next_id;  // fixed work
    alignas(lines_apart) std::atomic<std::uint64_t> settled;  // slots that have finished their first task
    std::atomic<Ticks> last_finish;                           // of slots for which fixed work had no more tasks
    std::atomic<std::uint64_t> difference;
    std::atomic<std::uint32_t> failed;  // 0 none, 1 being written, 2 written
    char reason[500];
  };
  struct alignas(lines_apart) Inside {
    std::atomic<std::uint32_t> now;
  };

  static std::uint32_t slice_at(const State& state, Ticks into_window) {
    const auto slice = static_cast<std::uint32_t>(
        (static_cast<ticks::Wide>(into_window) * state.slices_per_tick_q48.load(std::memory_order_relaxed)) >> 48U);
    return std::min(slice, Recorder::slices - 1);
  }

  static Recorder::Times times_of(const Task& task, Ticks finished) {
    return {.queueing_ns = ticks::to_ns(task.scheduled, task.started),
            .service_ns = ticks::to_ns(task.started, finished),
            .response_ns = ticks::to_ns(task.scheduled, finished)};
  }

  // Of a closed or fixed load. The task that comes next is written first, and where the caller reads it: whoever copies
  // it at once would else wait for all that is counted here to reach the cache.
  std::optional<Task> finish_turn(const Task& task, std::uint64_t digest, ticks::Stamp at) {
    std::optional<Task> next;
    if (task.script_index == abandoned) [[unlikely]]
      return next;
    const State& state = state_[0];
    const Ticks end = state.end.load(std::memory_order_relaxed);
    if (at.at < end && !state.stopped.load(std::memory_order_relaxed)) [[likely]]
      bring(next, task, at.at);
    if (task.id < slots_) [[unlikely]]
      state_[0].settled.fetch_add(1, std::memory_order_relaxed);
    if (digest != work_.expected(task.script_index)) [[unlikely]] {
      note_difference(task, digest);
      next.reset();
    }
    const Ticks begin = state.begin.load(std::memory_order_relaxed);
    const Recorder::Place place = recorder_.place(at.cpu);
    if (at.at >= begin && at.at < end) {
      recorder_.count_finished(place, slice_at(state, at.at - begin));
      recorder_.record(place, times_of(task, at.at), work_.class_of(task.script_index));
      auto& finished = slot_finished_[std::size_t{task.slot} * slot_stride_];
      finished.store(finished.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      recorder_.count_finished(place);
    }
    return next;
  }

  // Puts the task that follows in that slot there, or nothing where fixed work has no more.
  void bring(std::optional<Task>& next, const Task& task, Ticks now) {
    std::uint64_t id = task.id + slots_;
    if (fixed_tasks_ != 0) {
      id = state_[0].next_id.fetch_add(1, std::memory_order_relaxed);
      if (id >= fixed_tasks_) [[unlikely]]
        return note_last(now);
    }
    next.emplace();
    next->id = id;
    next->slot = task.slot;
    next->scheduled = now;
    set_script(*next);
  }
  // Fixed work runs every script equally often; a closed loop lets every slot go through all of them.
  void set_script(Task& task) const {
    // Of a closed loop id / slots + first_turn(slot, slots): dividing takes as long as recording, and is done once.
    const auto turn = [&] {
      return fixed_tasks_ != 0 ? task.id : (task.id + std::uint64_t{task.slot} * (turns_ - 1)) / slots_;
    };
    set_script(task, turns_ == 1 ? 0 : turn());
  }
  void set_script(Task& task, std::uint64_t turn) const {
    task.script_index = turns_ == 1 ? 0 : work_.script_of(turn % turns_);
    task.script = work_.script(task.script_index);
  }
  Task task_of(const ArrivalQueue::Given& arrival) const;
  std::optional<Task> finish_arrival(const Task& task, std::uint64_t digest, ticks::Stamp at);
  void note_last(Ticks finished);
  void note_difference(const Task& task, std::uint64_t digest);
  void note_intruder(std::uint32_t lock);

  const Work& work_;
  std::uint32_t slots_;
  std::uint64_t fixed_tasks_;
  std::uint64_t turns_;
  std::uint32_t slot_stride_;  // counters of few slots lie two cache lines apart, which CPUs fetch at once
  Recorder recorder_;
  SharedArray<State> state_;
  SharedArray<std::atomic<std::uint64_t>> slot_finished_;
  SharedArray<Inside> inside_;
  std::unique_ptr<ArrivalQueue> arrivals_;  // of an open load
};

}  // namespace cbench
