#include "harness/load.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>
#include <sys/sysinfo.h>

namespace cbench {
namespace {

constexpr std::uint32_t few_slots = 16'384;
constexpr std::uint32_t counters_per_pair = lines_apart / sizeof(std::uint64_t);  // of cache lines

}  // namespace

Load::Load(const Work& work, std::uint32_t slots, std::uint64_t tasks)
    : work_(work),
      slots_(slots),
      fixed_tasks_(tasks),
      turns_(work.turns()),
      slot_stride_(slots <= few_slots ? counters_per_pair : 1),
      recorder_(static_cast<std::uint32_t>(get_nprocs_conf()), static_cast<std::uint32_t>(work.classes().size())),
      state_(1),
      slot_finished_(std::size_t{slots} * slot_stride_),
      inside_(std::max(work.locks(), 1U)) {
  state_[0].begin = UINT64_MAX;
  state_[0].end = UINT64_MAX;
  state_[0].next_slot = slots;
}

Load::Load(const Work& work, std::uint32_t slots, const ArrivalRule& rule, bool shed) : Load(work, slots) {
  arrivals_ = std::make_unique<ArrivalQueue>(rule, slots, shed);
}

void Load::set_window(Ticks begin, Ticks end) {
  // Set before the window that it is of. One slice where the window has no end.
  const bool bounded = end != UINT64_MAX && end > begin;
  state_[0].slices_per_tick_q48.store(
      bounded ? static_cast<std::uint64_t>((static_cast<ticks::Wide>(Recorder::slices) << 48U) / (end - begin)) : 0,
      std::memory_order_relaxed);
  state_[0].begin.store(begin, std::memory_order_relaxed);
  state_[0].end.store(end, std::memory_order_relaxed);
}

void Load::open(const OpenTimes& times) {
  set_window(times.begin, times.end);
  // Until then tasks start, and those that waited for a slot get theirs.
  state_[0].end.store(times.give_up, std::memory_order_relaxed);
  arrivals_->open(times);
}

std::optional<Task> Load::next_arrival() {
  const auto arrival = arrivals_->bring();
  return arrival ? std::optional(task_of(*arrival)) : std::nullopt;
}

Task Load::task_of(const ArrivalQueue::Given& arrival) const {
  Task task{.id = arrival.number, .slot = arrival.slot, .scheduled = arrival.due};
  set_script(task, arrival.number);
  return task;
}

// The task may lie where that of its slot lies always: once the slot is given back, it may be another one already.
std::optional<Task> Load::finish_arrival(const Task& task, std::uint64_t digest, ticks::Stamp at) {
  const ArrivalQueue::Given arrival{.number = task.id, .slot = task.slot, .due = task.scheduled};
  if (task.script_index == abandoned) {
    arrivals_->drop(arrival);
    return std::nullopt;
  }
  if (digest != work_.expected(task.script_index)) note_difference(task, digest);
  const OpenTimes& times = arrivals_->times();
  const Recorder::Place place = recorder_.place(at.cpu);
  if (at.at >= times.begin && at.at < times.end) {
    recorder_.count_finished(place, slice_at(state_[0], at.at - times.begin));
    auto& finished = slot_finished_[std::size_t{task.slot} * slot_stride_];
    finished.store(finished.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  } else {
    recorder_.count_finished(place);
  }
  const bool counted = task.scheduled >= times.begin && task.scheduled < times.end && at.at < times.give_up;
  if (counted) recorder_.record(place, times_of(task, at.at), work_.class_of(task.script_index));
  const auto next = arrivals_->end(arrival, at.at, counted);
  return next ? std::optional(task_of(*next)) : std::nullopt;
}

void Load::stop() {
  state_[0].stopped.store(true, std::memory_order_relaxed);
  if (arrivals_) arrivals_->stop();
}

std::optional<Task> Load::first(std::uint32_t slot) {
  Task task{.id = slot, .slot = slot, .scheduled = ticks::now()};
  if (fixed_tasks_ != 0) {
    task.id = state_[0].next_id.fetch_add(1, std::memory_order_relaxed);
    if (task.id >= fixed_tasks_) return std::nullopt;
  }
  set_script(task);
  return task;
}

std::uint64_t Load::finished_by(std::uint32_t slot) const {
  return slot_finished_[std::size_t{slot} * slot_stride_].load(std::memory_order_relaxed);
}

Load::Slots Load::finished_by_slots() const {
  Slots slots{.fewest = UINT64_MAX, .most = 0};
  for (std::uint32_t slot = 0; slot < slots_; ++slot) {
    slots.most = std::max(slots.most, finished_by(slot));
    slots.fewest = std::min(slots.fewest, finished_by(slot));
  }
  return slots;
}

std::optional<std::string> Load::failure() const {
  const State& state = state_[0];
  if (state.failed.load(std::memory_order_acquire) != 2) return std::nullopt;
  return std::string(state.reason);
}

void Load::fail(const Task& task, std::string_view reason) {
  fail(fmt::format("task {} (slot {}): {}", task.id, task.slot, reason));
  recorder_.count_finished(recorder_.place(ticks::stamp().cpu));
}

void Load::fail(std::string_view reason) {
  State& state = state_[0];
  std::uint32_t none = 0;
  if (state.failed.compare_exchange_strong(none, 1)) {
    const auto length = std::min(reason.size(), sizeof(state.reason) - 1);
    std::memcpy(state.reason, reason.data(), length);
    state.reason[length] = '\0';
    state.failed.store(2, std::memory_order_release);
  }
  stop();
}

void Load::note_last(Ticks finished) {
  Ticks known = state_[0].last_finish.load();
  while (known < finished && !state_[0].last_finish.compare_exchange_weak(known, finished)) {
  }
}

void Load::note_difference(const Task& task, std::uint64_t digest) {
  const std::uint64_t expected = work_.expected(task.script_index);
  state_[0].difference.fetch_add(digest - expected, std::memory_order_relaxed);
  fail(fmt::format("task {} (slot {}) returned digest {:016x} instead of {:016x}: it did other work", task.id,
                   task.slot, digest, expected));
}

void Load::note_intruder(std::uint32_t lock) { fail(fmt::format("two tasks were inside lock {} at once", lock)); }

}  // namespace cbench
