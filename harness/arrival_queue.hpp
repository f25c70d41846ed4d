// Which arrivals of an open load are due, which of them have a slot, and which wait for one. What waits is known by its
// number alone, since instants follow from numbers: a backlog of millions takes no memory.
#pragma once

#include <cstdint>
#include <optional>

#include <pthread.h>

#include "harness/arrival_counts.hpp"
#include "harness/arrivals.hpp"
#include "harness/clock.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

// The instants of an open load.
struct OpenTimes {
  Ticks epoch = 0;
  Ticks begin = 0;    // of the window
  Ticks end = 0;      // of the window: what would be due from then on is not brought
  Ticks give_up = 0;  // from then on nobody who waits is given a slot
};

// One a trial, in shared memory, so that forked workers use the same one. What it guards with a lock takes less than
// 100 ns. The generator is the one thread that calls next_due and bring.
class ArrivalQueue {
 public:
  // `shed`: an arrival that finds no free slot is dropped; else it waits for one, the first come first.
  ArrivalQueue(const ArrivalRule& rule, std::uint32_t slots, bool shed);
  ~ArrivalQueue();
  ArrivalQueue(const ArrivalQueue&) = delete;
  ArrivalQueue& operator=(const ArrivalQueue&) = delete;

  // Before anything below is called, and before the epoch.
  void open(const OpenTimes& times);
  const OpenTimes& times() const { return state_[0].times; }

  // An arrival that has been given a slot.
  struct Given {
    std::uint64_t number = 0;
    std::uint32_t slot = 0;
    Ticks due = 0;
  };

  // When the generator is to look again; UINT64_MAX once the last arrival before the window's end is due.
  Ticks next_due() const { return ahead_due_; }
  // By the generator: an arrival that is due and for which there is a free slot. Call it until there is nothing.
  std::optional<Given> bring();

  // By whoever finished the task of an arrival, from any thread or forked process: gives its slot back, or to the
  // arrival that has waited longest. `finished`: when; `counted`: the histograms hold it.
  std::optional<Given> end(const Given& task, Ticks finished, bool counted);
  // Likewise, where the task was dropped before it started.
  void drop(const Given& task);

  // Nothing is given a slot from now on.
  void stop();

  // Once every task that was given a slot is over.
  ArrivalCounts counts() const;

 private:
  struct UpTo {
    std::uint64_t due, shed, taken, done;
  };
  struct State {
    pthread_mutex_t mutex;  // guards the rest
    OpenTimes times;
    Arrivals next;          // the first that has not been given a slot
    Ticks next_due;         // when that is due; UINT64_MAX where nothing is, any more
    std::uint64_t seen;     // how many the generator has found due
    std::uint32_t free_at;  // of the ring of free slots: the first
    std::uint32_t free_count;
    UpTo begin, end;
    ticks::Wide due_before_end;   // over arrivals due within the window and not shed, the sum of the time to its end
    ticks::Wide done_before_end;  // likewise, over tasks that finish within it
    std::uint64_t late, unfinished, dropped;
    bool stopped;
  };
  class Lock;

  Ticks ticks_of(const Arrivals& arrivals) const;
  bool in_window(Ticks due) const;
  void pass(State& state, bool shed);
  Given give(State& state, std::uint32_t slot, Ticks now, bool was_free);
  void free(State& state, std::uint32_t slot);

  const std::uint32_t slots_;
  const bool shed_;
  SharedArray<State> state_;
  SharedArray<std::uint32_t> free_;      // a ring: slots take turns, and with them the workers that look after them
  SharedArray<std::uint64_t> lag_;       // by step of the histogram's layout
  alignas(lines_apart) Arrivals ahead_;  // the generator's own: the first that it has not found due
  Ticks ahead_due_ = UINT64_MAX;
};

}  // namespace cbench
