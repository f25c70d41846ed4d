#include "harness/arrival_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace cbench {

class ArrivalQueue::Lock {
 public:
  // Where a worker process died with the lock, the trial has failed, and its counts do not matter; but it must end.
  explicit Lock(State& state) : mutex_(state.mutex) {
    if (pthread_mutex_lock(&mutex_) == EOWNERDEAD) pthread_mutex_consistent(&mutex_);
  }
  ~Lock() { pthread_mutex_unlock(&mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  pthread_mutex_t& mutex_;
};

ArrivalQueue::ArrivalQueue(const ArrivalRule& rule, std::uint32_t slots, bool shed)
    : slots_(slots), shed_(shed), state_(1), free_(slots), lag_(HistogramLayout::size), ahead_(rule) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  State& state = state_[0];
  pthread_mutex_init(&state.mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  state.next = ahead_;
  state.next_due = UINT64_MAX;
  for (std::uint32_t slot = 0; slot < slots; ++slot) free(state, slot);
}

ArrivalQueue::~ArrivalQueue() { pthread_mutex_destroy(&state_[0].mutex); }

void ArrivalQueue::open(const OpenTimes& times) {
  State& state = state_[0];
  const Lock lock(state);
  state.times = times;
  state.next_due = ahead_due_ = ticks_of(ahead_);
}

Ticks ArrivalQueue::ticks_of(const Arrivals& arrivals) const {
  const OpenTimes& times = state_[0].times;
  const Ticks due =
      times.epoch + ticks::from_ns(std::chrono::nanoseconds(static_cast<std::int64_t>(arrivals.due_ns())));
  return due < times.end ? due : UINT64_MAX;
}

bool ArrivalQueue::in_window(Ticks due) const { return due >= times().begin && due < times().end; }

std::optional<ArrivalQueue::Given> ArrivalQueue::bring() {
  State& state = state_[0];
  const Lock lock(state);
  const Ticks now = ticks::now();
  // Those whom a task that finished has taken before the generator came to them are seen as well.
  if (ahead_.number() < state.next.number()) {
    ahead_ = state.next;
    ahead_due_ = state.next_due;
  }
  while (ahead_due_ <= now) {
    ahead_.advance();
    ahead_due_ = ticks_of(ahead_);
  }
  state.seen = ahead_.number();
  while (state.next_due <= now && !state.stopped) {
    if (state.free_count > 0) {
      const std::uint32_t slot = free_[state.free_at];
      state.free_at = state.free_at + 1 == slots_ ? 0 : state.free_at + 1;
      --state.free_count;
      return give(state, slot, now, true);
    }
    if (!shed_) break;
    if (state.next_due < state.times.begin) ++state.begin.shed;
    ++state.end.shed;
    pass(state, true);
  }
  return std::nullopt;
}

std::optional<ArrivalQueue::Given> ArrivalQueue::end(const Given& task, Ticks finished, bool counted) {
  State& state = state_[0];
  const Lock lock(state);
  if (finished < state.times.begin) ++state.begin.done;
  if (finished < state.times.end) ++state.end.done;
  if (in_window(finished)) state.done_before_end += state.times.end - finished;
  if (in_window(task.due) && !counted) ++state.unfinished;
  const Ticks now = ticks::now();
  // What the generator has seen to be due is due, whatever the clock of this CPU says a few cycles apart.
  const bool waits = state.next_due <= now || (state.next_due != UINT64_MAX && state.next.number() < state.seen);
  if (waits && !shed_ && !state.stopped && now < state.times.give_up) {
    return give(state, task.slot, now, state.free_count > 0);
  }
  free(state, task.slot);
  return std::nullopt;
}

void ArrivalQueue::drop(const Given& task) {
  State& state = state_[0];
  const Lock lock(state);
  ++state.dropped;
  if (in_window(task.due)) ++state.unfinished;
  free(state, task.slot);
}

void ArrivalQueue::stop() {
  State& state = state_[0];
  const Lock lock(state);
  state.stopped = true;
}

// `was_free`: a slot was, so that it is the generator's doing where the arrival is late.
ArrivalQueue::Given ArrivalQueue::give(State& state, std::uint32_t slot, Ticks now, bool was_free) {
  const Given given{.number = state.next.number(), .slot = slot, .due = state.next_due};
  if (now < state.times.begin) ++state.begin.taken;
  if (now < state.times.end) ++state.end.taken;
  if (in_window(given.due)) {
    if (was_free) {
      ++lag_[HistogramLayout::index_of(ticks::to_ns(given.due, now))];
    } else {
      ++state.late;
    }
  }
  pass(state, false);
  return given;
}

// To the arrival after the next one.
void ArrivalQueue::pass(State& state, bool shed) {
  const Ticks due = state.next_due;
  if (due < state.times.begin) ++state.begin.due;
  ++state.end.due;
  if (in_window(due) && !shed) state.due_before_end += state.times.end - due;
  state.next.advance();
  state.next_due = ticks_of(state.next);
}

void ArrivalQueue::free(State& state, std::uint32_t slot) {
  const std::uint64_t at = std::uint64_t{state.free_at} + state.free_count;
  free_[at < slots_ ? at : at - slots_] = slot;
  ++state.free_count;
}

ArrivalCounts ArrivalQueue::counts() const {
  const State& state = state_[0];
  const auto up_to = [](const UpTo& counted) {
    return ArrivalCounts::UpTo{.due = counted.due, .shed = counted.shed, .taken = counted.taken, .done = counted.done};
  };
  ArrivalCounts counts{.begin = up_to(state.begin), .end = up_to(state.end)};
  counts.late = state.late;
  counts.unfinished = state.unfinished;
  counts.dropped = state.dropped;
  ticks::Wide due_before_end = state.due_before_end;
  // Those for whom no slot became free.
  Arrivals never = state.next;
  for (Ticks due = state.next_due; due != UINT64_MAX; due = ticks_of(never)) {
    if (due < state.times.begin) ++counts.begin.due;
    ++counts.end.due;
    ++counts.dropped;
    if (in_window(due)) {
      ++counts.late;
      ++counts.unfinished;
      due_before_end += state.times.end - due;
    }
    never.advance();
  }
  const auto window = static_cast<double>(state.times.end - state.times.begin);
  const double change = (static_cast<double>(due_before_end) - static_cast<double>(state.done_before_end)) / window;
  counts.mean_backlog = std::max(0.0, static_cast<double>(counts.begin.backlog()) + change);
  for (std::uint32_t i = 0; i < HistogramLayout::size; ++i) counts.lag.add_at(i, lag_[i]);
  return counts;
}

}  // namespace cbench
