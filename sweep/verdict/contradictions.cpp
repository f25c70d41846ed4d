#include "sweep/verdict/contradictions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sweep/verdict/open_contradictions.hpp"
#include "sweep/verdict/order_contradictions.hpp"
#include "sweep/verdict/trial_times.hpp"
#include "sweep/verdict/turns_met.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"
#include "workloads/turns.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr double witness_tolerance = 0.005;  // between the peer's count and the tasks', beside what is under way
constexpr double least_cpu_share = 0.5;      // of the CPU time that the tasks' computing takes by itself
constexpr double checked_cpu_s = 0.05;       // computing below this is too little to hold a trial against
constexpr auto timer_tolerance = 1ms;        // of instants that the child chose itself
constexpr auto held_up = 100ms;              // what a machine in use may take from a task that a window cuts off
constexpr std::chrono::nanoseconds most_unended = 2s;  // from the last finish: threads end, and a runtime tidies up

std::uint64_t sum_of(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string processes_of(std::size_t count) {
  return count == 1 ? "a process" : fmt::format("{} processes", human_count(count));
}

// The least time that any task of this work can take: its waits and requests, branches side by side.
std::chrono::nanoseconds shortest_task(const Work& work) {
  auto shortest = std::chrono::nanoseconds::max();
  for (std::size_t i = 0; i < work.distinct(); ++i) shortest = std::min(shortest, waiting_of(work.script(i)));
  return shortest;
}

// Classes are those of the scripts, and hold all tasks.
std::string classes_contradict(const Work& work, const RecordEvent& record, std::uint64_t timed) {
  std::set<std::string> asked(work.classes().begin(), work.classes().end());
  if (asked == std::set<std::string>{""}) asked.clear();
  std::uint64_t tasks = 0;
  for (const auto& [name, histogram] : record.classes) {
    if (!asked.contains(name)) return fmt::format("it has a class \"{}\", which no script has", name);
    tasks += histogram.total();
  }
  for (const std::string& name : asked) {
    if (!record.classes.contains(name)) return fmt::format("it lacks the class \"{}\"", name);
  }
  if (asked.empty()) return {};
  if (tasks != timed) return fmt::format("its classes hold {} tasks, but it counted {}", tasks, timed);
  Histogram together;
  for (const auto& [name, histogram] : record.classes) together.merge(histogram);
  return together == record.response ? "" : "its classes hold other times than its response histogram";
}

std::string counts_contradict(const TrialSpec& spec, const RecordEvent& record, std::uint64_t timed) {
  for (const auto& [name, histogram] : {std::pair{"queueing", &record.queueing}, std::pair{"service", &record.service},
                                        std::pair{"response", &record.response}}) {
    if (histogram->total() != timed) {
      return fmt::format("its {} histogram holds {} tasks, but it counted {}", name, histogram->total(), timed);
    }
  }
  if (spec.load.kind != LoadKind::fixed && record.slices.empty()) return "it has no slices of its window";
  if (!record.slices.empty() && sum_of(record.slices) != record.tasks) {
    return fmt::format("its slices hold {} tasks, but it counted {}", sum_of(record.slices), record.tasks);
  }
  if (record.tasks > record.tasks_total) {
    return fmt::format("it counted {} tasks within the window, but {} in all", record.tasks, record.tasks_total);
  }
  if (spec.load.kind == LoadKind::fixed && record.tasks != spec.load.tasks) {
    return fmt::format("{} tasks finished instead of {}", record.tasks, spec.load.tasks);
  }
  if (spec.load.kind == LoadKind::fixed && record.tasks_total != record.tasks) {
    return fmt::format("it ran {} tasks in all instead of {}", record.tasks_total, record.tasks);
  }
  const double slots = spec.load.concurrency;
  const double mean = static_cast<double>(record.tasks) / slots;
  if (record.fewest_of_a_slot > record.most_of_a_slot || static_cast<double>(record.fewest_of_a_slot) > mean ||
      static_cast<double>(record.most_of_a_slot) < mean) {
    return fmt::format("its slots finished {} to {} tasks each, which cannot make {} of {} slots",
                       record.fewest_of_a_slot, record.most_of_a_slot, record.tasks, spec.load.concurrency);
  }
  return {};
}

// Of tasks that finish within the window, the part that may lie before it: of each slot's first one, and of none more
// than there was time for. Of fixed work there is nothing before it.
double before_window(const TrialSpec& spec, const TrialOutcome& outcome) {
  const double slots = slots_in_use(spec.load);
  if (spec.load.kind == LoadKind::fixed) return slots * ns_of(begin_slack);
  const double time = ns_between(ready_of(outcome), outcome.window->begin_ns);
  const auto steps = outcome.record->response.counts();
  double before = 0;
  double left = slots;
  for (auto step = steps.rbegin(); step != steps.rend() && left > 0; ++step) {
    const double firsts = std::min(left, static_cast<double>(step->times));
    before += firsts * std::min(time, static_cast<double>(HistogramLayout::highest_at(step->index)));
    left -= firsts;
  }
  return before;
}

std::string times_contradict(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome) {
  const RecordEvent& record = *outcome.record;
  const double queueing = record.queueing.mean();
  const double service = record.service.mean();
  const double response = record.response.mean();
  if (std::abs(queueing + service - response) > histogram_error * response + 2) {
    return fmt::format("its queueing ({}) and service ({}) do not add up to its response times ({})",
                       human_us(queueing / 1000), human_us(service / 1000), human_us(response / 1000));
  }
  // What takes longer is counted as the longest that a histogram can tell.
  const auto least =
      std::min(static_cast<double>(shortest_task(work).count()), static_cast<double>(HistogramLayout::highest));
  const auto shortest = static_cast<double>(record.service.smallest());
  if (record.service.total() > 0 && shortest < least * (1 - histogram_error)) {
    return fmt::format("a task was served in {}, though it waits for {}", human_us(shortest / 1000),
                       human_us(least / 1000));
  }
  const auto longest = static_cast<double>(record.response.largest());
  const double lived = ns_between(outcome.started_ns, ended_of(outcome));
  if (longest * (1 - histogram_error) > lived) {
    return fmt::format("a task took {}, but the trial was over after {}", human_us(longest / 1000),
                       human_us(lived / 1000));
  }
  // A slot has one task after the other: those that finish in the window lie within it, but for the part of the first
  // that lies before. (Less than that is possible: tasks that have not finished. See littles_in_flight.)
  const double slots = slots_in_use(spec.load);
  const double room = (slots * window_s_of(spec, outcome) * 1e9 + before_window(spec, outcome)) * (1 + histogram_error);
  const double taken = response * static_cast<double>(record.tasks);
  if (spec.load.kind != LoadKind::open && taken > room) {
    return fmt::format("{} tasks of {} each are {:.3g} s of work, but its {} slots had no more than {:.3g} s",
                       record.tasks, human_us(response / 1000), taken / 1e9, slots_in_use(spec.load), room / 1e9);
  }
  if (spec.load.kind == LoadKind::fixed &&
      longest * (1 - histogram_error) > window_s_of(spec, outcome) * 1e9 + ns_of(begin_slack)) {
    return fmt::format("a task took {}, but all were over after {}", human_us(longest / 1000),
                       human_us(window_s_of(spec, outcome) * 1e6));
  }
  // One task after the other, of one kind, fills the window but for the part of the last that lies beyond it.
  const bool one_in_flight = spec.load.kind == LoadKind::closed && spec.load.concurrency == 1 && work.distinct() == 1;
  const double window = window_s_of(spec, outcome) * 1e9;
  if (one_in_flight &&
      taken < 0.75 * window - 2 * longest - static_cast<double>(std::chrono::nanoseconds(held_up).count())) {
    return fmt::format("{} tasks of {} each, one after the other, are {:.3g} s of a window of {:.3g} s", record.tasks,
                       human_us(response / 1000), taken / 1e9, window / 1e9);
  }
  if (static_cast<double>(record.tasks_total) * least > slots * lived) {
    return fmt::format("{} tasks in all that wait for {} each need more than the {} for which the trial lasted",
                       record.tasks_total, human_us(least / 1000), human_us(lived / 1000));
  }
  return {};
}

std::string window_contradicts(const TrialSpec& spec, const TrialOutcome& outcome) {
  const WindowEvent& window = *outcome.window;
  // The parent had looked by then, and the machine had CPUs for it, so that it is nobody else's doing.
  const double late = ns_between(window.begin_ns, outcome.untold_ns);
  if (late > ns_of(most_untold) + (outcome.held_up_s + outcome.stopped_s) * 1e9) {
    return fmt::format("it told its window more than {} after it had begun", human_us(late / 1000));
  }
  if (spec.load.kind == LoadKind::fixed) {
    if (window.end_ns || !outcome.record->finish_ns || *outcome.record->finish_ns < window.begin_ns) {
      return "its window does not end with its last task";
    }
    if (*outcome.record->finish_ns > ended_of(outcome)) return "its last task finished after it was over";
    const double silent = ns_between(*outcome.record->finish_ns, outcome.unended_ns);
    if (silent > std::max(ns_of(most_unended), window_s_of(spec, outcome) * 1e9) + outcome.stopped_s * 1e9) {
      return fmt::format("its last task finished after {}, but it ended more than {} later",
                         human_us(window_s_of(spec, outcome) * 1e6), human_us(silent / 1000));
    }
    return {};
  }
  if (!window.end_ns) return "its window has no end, though its load goes on";
  const std::chrono::nanoseconds length(static_cast<std::int64_t>(*window.end_ns - window.begin_ns));
  if (std::chrono::abs(length - spec.load.duration) > timer_tolerance) {
    return fmt::format("its window is {} long instead of {}", format_duration(length),
                       format_duration(spec.load.duration));
  }
  if (window.begin_ns + static_cast<std::uint64_t>(std::chrono::nanoseconds(timer_tolerance).count()) <
      outcome.started_ns + static_cast<std::uint64_t>(spec.load.warmup.count())) {
    return "its window began before the warm-up was over";
  }
  return {};
}

std::string cpu_contradicts(const KnownWork& known, const TrialSpec& spec, const TrialOutcome& outcome) {
  const TrialMeasures& measures = outcome.measures;
  const double window_s = window_s_of(spec, outcome);
  if (!measures.complete || window_s <= 0) return {};
  if (readings_late_by_s(spec, measures, window_s) > most_late_share * window_s) return {};
  // A task in each slot may have done most of its work before the window.
  const double whole = std::max(0.0, static_cast<double>(outcome.record->tasks) - spec.load.concurrency);
  const double needed_s = whole * known.least.cheapest_us / 1e6;
  const double used_s = cpu_s_within(spec, measures, window_s);
  if (needed_s > checked_cpu_s && used_s < least_cpu_share * needed_s) {
    return fmt::format("its processes used {:.2f} s of CPU time, though computing {} tasks takes {:.2f} s", used_s,
                       outcome.record->tasks, needed_s);
  }
  return {};
}

// The same of all its tasks, whatever the window is that it told.
std::string life_contradicts(const KnownWork& known, const TrialOutcome& outcome) {
  const double needed_s = static_cast<double>(outcome.record->tasks_total) * known.least.cheapest_us / 1e6;
  if (outcome.life_cpu_s == 0 || needed_s <= checked_cpu_s) return {};
  if (outcome.life_cpu_s >= least_cpu_share * needed_s) return {};
  return fmt::format("its process used {:.2f} s of CPU time in all, though computing {} tasks takes {:.2f} s",
                     outcome.life_cpu_s, outcome.record->tasks_total, needed_s);
}

// How many requests the counted tasks made, and by how many that may be wrong.
struct RequestsMade {
  double expected = 0;
  double apart = 0;
};

// Of classes whose tasks make the same number each; nothing where those of one differ.
std::optional<RequestsMade> requests_by_class(const Work& work, const RecordEvent& record) {
  std::map<std::string, std::uint64_t> of_class;
  for (const std::uint32_t index : work.order()) {
    const std::uint64_t requests = count_steps(work.script(index)).requests;
    const auto [known, is_new] = of_class.try_emplace(work.classes()[work.class_of(index)], requests);
    if (!is_new && known->second != requests) return std::nullopt;
  }
  RequestsMade made;
  for (const auto& [name, histogram] : record.classes) {
    made.expected += static_cast<double>(histogram.total() * of_class[name]);
  }
  return made;
}

// Some tasks make more requests than others, and those of a window are not exactly as often of each kind as those of
// all turns.
RequestsMade requests_of(const Work& work, const TrialSpec& spec, const RecordEvent& record) {
  const auto of_turns =
      by_turn(work, [&](std::size_t script) -> std::uint64_t { return count_steps(work.script(script)).requests; });
  const TurnSums sums(of_turns);
  RequestsMade made{.expected = static_cast<double>(record.tasks) * sums.mean()};
  switch (spec.load.kind) {
    case LoadKind::fixed: made.expected = sums.sum_of_first(spec.load.tasks); break;
    case LoadKind::open: {
      // Tasks come in turn, and leave the service so but for those that are in it with them. Classes are those of the
      // tasks that were due within the window, not of those that finished.
      const auto [fewest, most] = std::ranges::minmax(of_turns);
      made.apart = sums.unevenness() + static_cast<double>((most - fewest) * record.arrivals->shed());
      break;
    }
    case LoadKind::closed:
      if (!record.classes.empty()) {
        if (const auto by_class = requests_by_class(work, record)) return *by_class;
      }
      made.apart = spec.load.concurrency * sums.unevenness();
      break;
  }
  return made;
}

std::string peer_contradicts(const KnownWork& known, const TrialSpec& spec, const TrialOutcome& outcome,
                             const PeerCounts& peer) {
  const double each = known.work.requests_per_task();
  if (each > 0 && peer.early_in_window > 0) {
    return fmt::format("{} requests came over a connection that had one under way: each has its own meanwhile",
                       peer.early_in_window);
  }
  if (each == 0 || !peer.window_whole) return {};
  const bool fixed = spec.load.kind == LoadKind::fixed;
  const auto [expected, apart] = requests_of(known.work, spec, *outcome.record);
  const auto seen = static_cast<double>(peer.replies_in_window);
  // At both ends of the window tasks are under way, some of whose requests were answered inside of it.
  double most = 1;
  for (std::size_t i = 0; i < known.work.distinct(); ++i) {
    most = std::max(most, static_cast<double>(count_steps(known.work.script(i)).requests));
  }
  const double tasks_under_way = fixed                              ? 0
                                 : spec.load.kind == LoadKind::open ? in_flight_at_ends(*outcome.record->arrivals)
                                                                    : spec.load.concurrency;
  const double under_way = tasks_under_way * most;
  if (std::abs(seen - expected) <= under_way + apart + witness_tolerance * expected) return {};
  return fmt::format("the peer sent {} replies within the window, though {} tasks make {} requests",
                     peer.replies_in_window, outcome.record->tasks, std::llround(expected));
}

}  // namespace

std::string contradiction_in(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const std::optional<PeerCounts>& peer) {
  const RecordEvent& record = *outcome.record;
  if (record.difference != 0) {
    return fmt::format("the digest is {:016x} instead of {:016x}: tasks did other work than asked for",
                       known.work.digest() + record.difference, known.work.digest());
  }
  if (outcome.hidden_processes > 0) {
    return fmt::format(
        "{} stood beside its own: it forked after it was ready, said that it had not, or they "
        "left it as daemons do",
        processes_of(outcome.hidden_processes));
  }
  if (outcome.daemons > 0) {
    return fmt::format("{} stood beside its own when it had ended, having left it as daemons do",
                       processes_of(outcome.daemons));
  }
  if (record.first_finish_ns &&
      (*record.first_finish_ns < outcome.started_ns || *record.first_finish_ns > outcome.heard_ns)) {
    return "its first task finished before it was started, or after it was over";
  }
  if (spec.load.kind == LoadKind::open) {
    if (std::string found = arrivals_contradict(spec, outcome); !found.empty()) return found;
  }
  // Of an open load the times are those of the tasks that were due within the window.
  const std::uint64_t timed = spec.load.kind == LoadKind::open ? timed_of(*record.arrivals) : record.tasks;
  // Each relies on those before it.
  const std::array<std::function<std::string()>, 7> checks{
      [&] { return window_contradicts(spec, outcome); },
      [&] { return counts_contradict(spec, record, timed); },
      [&] { return classes_contradict(known.work, record, timed); },
      [&] { return times_contradict(known.work, spec, outcome); },
      [&] { return order_contradicts(known.work, spec, outcome); },
      [&] { return cpu_contradicts(known, spec, outcome); },
      [&] { return life_contradicts(known, outcome); }};
  for (const auto& check : checks) {
    if (std::string found = check(); !found.empty()) return found;
  }
  return peer ? peer_contradicts(known, spec, outcome, *peer) : std::string();
}

}  // namespace cbench
