#include "sweep/verdict/open_contradictions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "harness/arrivals.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t rounding = 2;       // arrivals, that languages may differ by at an instant
constexpr double little_tolerance = 0.1;    // between what was there and what was spent
constexpr std::int64_t clocks_of_cpus = 2;  // slots, that may seem taken twice between two CPUs' clocks

std::string due_contradicts(const TrialSpec& spec, const ArrivalCounts& arrivals) {
  const ArrivalRule rule = arrival_rule(spec.load, seed_of_arrivals(spec.seed));
  const auto check = [&](std::uint64_t said, std::chrono::nanoseconds after, std::string_view when) -> std::string {
    const std::uint64_t due = arrivals_before(rule, after);
    if (std::max(due, said) - std::min(due, said) <= rounding) return {};
    return fmt::format("{} tasks were due when its window {}, but it counted {}", due, when, said);
  };
  std::string found = check(arrivals.begin.due, spec.load.warmup, "began");
  return found.empty() ? check(arrivals.end.due, spec.load.warmup + spec.load.duration, "ended") : found;
}

std::string slots_contradict(const TrialSpec& spec, const ArrivalCounts::UpTo& at, std::string_view when) {
  if (at.waiting() < 0 || at.in_flight() < -clocks_of_cpus) {
    return fmt::format(
        "when its window {}, {} tasks were due, {} shed, {} taken and {} done, which is more than there "
        "were",
        when, at.due, at.shed, at.taken, at.done);
  }
  if (at.in_flight() > std::int64_t{spec.load.concurrency} + clocks_of_cpus) {
    return fmt::format("{} tasks were in flight when its window {}, in {} slots", at.in_flight(), when,
                       spec.load.concurrency);
  }
  if (!spec.load.shed && at.shed > 0) return "it shed tasks that were to wait";
  return {};
}

std::string conservation_contradicts(const RecordEvent& record, const ArrivalCounts& arrivals) {
  const std::uint64_t due = arrivals.due();
  if (arrivals.begin.due > arrivals.end.due || arrivals.begin.shed > arrivals.end.shed ||
      arrivals.begin.taken > arrivals.end.taken || arrivals.begin.done > arrivals.end.done) {
    return "it counted more arrivals when its window began than when it ended";
  }
  if (arrivals.shed() + arrivals.unfinished + record.response.total() != due) {
    return fmt::format(
        "{} tasks were due within its window, of which {} are in its histograms, {} were shed and {} did "
        "not finish",
        due, record.response.total(), arrivals.shed(), arrivals.unfinished);
  }
  if (arrivals.shed() + arrivals.late + arrivals.lag.total() != due) {
    return fmt::format("{} tasks were due within its window, of which {} found a slot, {} waited and {} were shed", due,
                       arrivals.lag.total(), arrivals.late, arrivals.shed());
  }
  if (record.tasks_total + arrivals.end.shed + arrivals.dropped != arrivals.end.due) {
    return fmt::format("{} tasks were due in all, of which {} finished, {} were shed and {} were dropped",
                       arrivals.end.due, record.tasks_total, arrivals.end.shed, arrivals.dropped);
  }
  if (arrivals.end.done - arrivals.begin.done != record.tasks) {
    return fmt::format("{} tasks finished within its window, but it counted {}",
                       arrivals.end.done - arrivals.begin.done, record.tasks);
  }
  return {};
}

// Little's law: what was there on average, times how long that was, is what the tasks spent there together, but for
// what those spent who were there at the ends.
std::string little_contradicts(const TrialOutcome& outcome, const ArrivalCounts& arrivals) {
  const RecordEvent& record = *outcome.record;
  if (arrivals.unfinished > 0 || record.response.total() == 0) return {};
  const auto window = static_cast<double>(*outcome.window->end_ns - outcome.window->begin_ns);
  const double there = arrivals.mean_backlog * window;
  const double spent = record.response.mean() * static_cast<double>(record.response.total());
  const double at_ends = static_cast<double>(arrivals.begin.backlog() + arrivals.end.backlog()) *
                         static_cast<double>(record.response.largest());
  if (std::abs(there - spent) <= at_ends + little_tolerance * (spent + window)) return {};
  return fmt::format(
      "its tasks spent {} each from when they were due, but {:.3g} of them were there on average, which "
      "makes {} (Little's law)",
      human_us(record.response.mean() / 1000), arrivals.mean_backlog,
      human_us(there / static_cast<double>(record.response.total()) / 1000));
}

}  // namespace

std::uint64_t timed_of(const ArrivalCounts& arrivals) {
  const std::uint64_t due = arrivals.due();
  const std::uint64_t without = arrivals.shed() + arrivals.unfinished;
  return due > without ? due - without : 0;
}

double in_flight_at_ends(const ArrivalCounts& arrivals) {
  return static_cast<double>(arrivals.begin.in_flight() + arrivals.end.in_flight());
}

std::string arrivals_contradict(const TrialSpec& spec, const TrialOutcome& outcome) {
  const RecordEvent& record = *outcome.record;
  if (!record.arrivals) return "it does not say what became of its arrivals";
  const ArrivalCounts& arrivals = *record.arrivals;
  for (const auto& check :
       {due_contradicts(spec, arrivals), slots_contradict(spec, arrivals.begin, "began"),
        slots_contradict(spec, arrivals.end, "ended"), conservation_contradicts(record, arrivals)}) {
    if (!check.empty()) return check;
  }
  return outcome.window->end_ns ? little_contradicts(outcome, arrivals) : std::string();
}

}  // namespace cbench
