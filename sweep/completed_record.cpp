#include "sweep/completed_record.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "reports/findings/completion.hpp"
#include "text/human.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr double most_late_share = 0.1;      // of the window, that a reading may be late
constexpr double histogram_error = 0.005;    // of a mean that a histogram tells: its steps are of 0.1 %
constexpr double witness_tolerance = 0.005;  // between the peer's count and the tasks', beside what is under way
constexpr double least_cpu_share = 0.5;      // of the CPU time that the tasks' computing takes by itself
constexpr double checked_cpu_s = 0.05;       // computing below this is too little to hold a trial against
constexpr auto timer_tolerance = 1ms;        // of instants that the child chose itself

std::uint64_t sum_of(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double window_s_of(const TrialSpec& spec, const TrialOutcome& outcome) {
  if (!outcome.window) return 0;
  const std::uint64_t begin = outcome.window->begin_ns;
  const std::uint64_t end = spec.load.kind == LoadKind::fixed && outcome.record ? outcome.record->finish_ns.value_or(0)
                                                                                : outcome.window->end_ns.value_or(0);
  return end > begin ? static_cast<double>(end - begin) / 1e9 : 0;
}

// The least time that any task of this work can take: its waits and requests, branches side by side.
std::chrono::nanoseconds shortest_task(const Work& work) {
  auto shortest = std::chrono::nanoseconds::max();
  for (std::size_t i = 0; i < work.distinct(); ++i) shortest = std::min(shortest, waiting_of(work.script(i)));
  return shortest;
}

std::string counts_contradict(const TrialSpec& spec, const RecordEvent& record) {
  for (const auto& [name, histogram] : {std::pair{"queueing", &record.queueing}, std::pair{"service", &record.service},
                                        std::pair{"response", &record.response}}) {
    if (histogram->total() != record.tasks) {
      return fmt::format("its {} histogram holds {} tasks, but it counted {}", name, histogram->total(), record.tasks);
    }
  }
  if (!record.slices.empty() && sum_of(record.slices) != record.tasks) {
    return fmt::format("its slices hold {} tasks, but it counted {}", sum_of(record.slices), record.tasks);
  }
  if (!record.classes.empty()) {
    std::uint64_t of_classes = 0;
    for (const auto& [name, histogram] : record.classes) of_classes += histogram.total();
    if (of_classes != record.tasks) {
      return fmt::format("its classes hold {} tasks, but it counted {}", of_classes, record.tasks);
    }
  }
  if (record.tasks > record.tasks_total) {
    return fmt::format("it counted {} tasks within the window, but {} in all", record.tasks, record.tasks_total);
  }
  if (spec.load.kind == LoadKind::fixed && record.tasks != spec.load.tasks) {
    return fmt::format("{} tasks finished instead of {}", record.tasks, spec.load.tasks);
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

std::string times_contradict(const Work& work, const RecordEvent& record) {
  const double queueing = record.queueing.mean();
  const double service = record.service.mean();
  const double response = record.response.mean();
  if (std::abs(queueing + service - response) > histogram_error * response + 2) {
    return fmt::format("its queueing ({}) and service ({}) do not add up to its response times ({})",
                       human_us(queueing / 1000), human_us(service / 1000), human_us(response / 1000));
  }
  const auto least = static_cast<double>(shortest_task(work).count());
  const auto shortest = static_cast<double>(record.service.smallest());
  if (record.tasks > 0 && shortest < least * (1 - histogram_error)) {
    return fmt::format("a task was served in {}, though it waits for {}", human_us(shortest / 1000),
                       human_us(least / 1000));
  }
  return {};
}

std::string window_contradicts(const TrialSpec& spec, const TrialOutcome& outcome) {
  const WindowEvent& window = *outcome.window;
  if (spec.load.kind == LoadKind::fixed) {
    if (window.end_ns || !outcome.record->finish_ns || *outcome.record->finish_ns < window.begin_ns) {
      return "its window does not end with its last task";
    }
    return {};
  }
  if (!window.end_ns) return "its window has no end";
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
  // A task in each slot may have done most of its work before the window.
  const double whole = std::max(0.0, static_cast<double>(outcome.record->tasks) - spec.load.concurrency);
  const double needed_s = whole * known.least.cpu_us / 1e6;
  const double used_s = measures.cpu_s / measures.elapsed_s * window_s;
  if (needed_s > checked_cpu_s && used_s < least_cpu_share * needed_s) {
    return fmt::format("its processes used {:.2f} s of CPU time, though computing {} tasks takes {:.2f} s", used_s,
                       outcome.record->tasks, needed_s);
  }
  return {};
}

std::string peer_contradicts(const KnownWork& known, const TrialSpec& spec, const TrialOutcome& outcome,
                             const PeerCounts& peer) {
  const double each = known.work.requests_per_task();
  if (each == 0 || !peer.window_whole) return {};
  const bool fixed = spec.load.kind == LoadKind::fixed;
  const double expected = static_cast<double>(outcome.record->tasks) * each;
  const auto seen = static_cast<double>(peer.replies_in_window);
  // At both ends of the window tasks are under way, some of whose requests were answered inside of it.
  const double under_way = fixed ? 0 : spec.load.concurrency * std::max(each, 1.0);
  if (std::abs(seen - expected) <= under_way + witness_tolerance * expected) return {};
  return fmt::format("the peer sent {} replies within the window, though {} tasks make {} requests",
                     peer.replies_in_window, outcome.record->tasks, std::llround(expected));
}

void take_measures(const TrialSpec& spec, const TrialOutcome& outcome, TrialRecord& record) {
  const TrialMeasures& measures = outcome.measures;
  record.os_threads = measures.os_threads;
  record.peak_rss_bytes = measures.peak_resident;
  record.peak_kernel_bytes = measures.peak_kernel;
  record.peak_virtual_bytes = measures.peak_virtual;
  record.load_average = measures.load_average;
  record.setup_s = outcome.setup_s;
  record.window_s = window_s_of(spec, outcome);
  const auto held = static_cast<double>(measures.peak_resident + measures.peak_kernel);
  const auto idle = static_cast<double>(measures.idle_resident + measures.idle_kernel);
  record.bytes_per_task = std::max(0.0, held - idle) / spec.load.concurrency;
  if (!measures.complete) return;
  const double share = 1 / measures.elapsed_s;
  record.peer_cpu_share = measures.peer_cpu_s * share;
  record.own_cpu_share = measures.own_cpu_s * share;
  record.foreign_cpu_share = measures.foreign.foreign_cpu_share;
  record.steal_share = measures.foreign.steal_share;
  // What was read over a little more or less than the window, as if it were the window's.
  record.cpu_s = measures.cpu_s * share * record.window_s;
  if (spec.load.kind == LoadKind::fixed) return;
  if (std::max(measures.begin_late_s, measures.end_late_s) > most_late_share * record.window_s) {
    record.warnings.emplace_back(
        "the machine was too busy to read CPU time at the window's ends: it is that of other times");
  }
}

void take_counts(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome, TrialRecord& record) {
  const RecordEvent& said = *outcome.record;
  record.warnings = said.warnings;
  record.tasks = said.tasks;
  record.tasks_total = said.tasks_total;
  record.settled = said.settled;
  record.units_created = said.units;
  record.digest = known.work.digest() + said.difference;
  record.queueing = summarise(said.queueing);
  record.service = summarise(said.service);
  record.response = summarise(said.response);
  for (const auto& [name, histogram] : said.classes) {
    record.classes.push_back({.name = name, .tasks = histogram.total(), .response = summarise(histogram)});
  }
  record.slot_spread = said.fewest_of_a_slot == 0
                           ? 0
                           : static_cast<double>(said.most_of_a_slot) / static_cast<double>(said.fewest_of_a_slot);
  if (outcome.ready->processes) {
    record.context_switches_voluntary = outcome.measures.forked_switches_voluntary;
    record.context_switches_involuntary = outcome.measures.forked_switches_involuntary;
  } else if (said.switches) {
    record.context_switches_voluntary = said.switches->voluntary;
    record.context_switches_involuntary = said.switches->involuntary;
  }
  if (record.window_s > 0) {
    record.throughput_per_s = static_cast<double>(record.tasks) / record.window_s;
    const double slice_s = record.window_s / static_cast<double>(std::max<std::size_t>(said.slices.size(), 1));
    for (const std::uint64_t slice : said.slices) record.series_per_s.push_back(static_cast<double>(slice) / slice_s);
  }
  record.littles_in_flight = record.throughput_per_s * record.response.mean_us / 1e6;
  if (spec.load.kind == LoadKind::closed && spec.load.concurrency == 1 && record.tasks > 0) {
    // With one task in flight, Little's law is exact, and whole tasks in a window too coarse: 9 or 10 of 100 ms a
    // second.
    record.throughput_per_s = 1e6 / record.response.mean_us;
    record.littles_in_flight = 1;
  }
  if (record.throughput_per_s > 0 && record.window_s > 0) {
    record.cpu_per_task_us = record.cpu_s * 1e6 / record.window_s / record.throughput_per_s;
  }
}

// The demands of the scripts, which the ideal throughput is made of. Only the baseline can tell: nothing runs beside
// it.
void take_demands(const KnownWork& known, TrialRecord& record) {
  if (known.work.steps().branches > 0) record.demand_path_us = known.least.path_us;
  if (!record.spec.is_baseline) return;
  const bool waits = known.work.waiting() > 0ns || known.work.steps().requests > 0;
  // Where a script waits, CPU time on the baseline is mostly that of falling asleep and waking up, which is the model's
  // cost and not the work's: then the demand is that of the script's computing alone.
  record.demand_cpu_us = waits ? known.least.cpu_us : record.cpu_per_task_us;
  record.demand_wait_us = waits ? std::max(0.0, record.service.mean_us - record.demand_cpu_us) : 0;
}

}  // namespace

std::string contradiction_in(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const std::optional<PeerCounts>& peer) {
  const RecordEvent& record = *outcome.record;
  if (record.difference != 0) {
    return fmt::format("the digest is {:016x} instead of {:016x}: tasks did other work than asked for",
                       known.work.digest() + record.difference, known.work.digest());
  }
  for (const auto& check : {counts_contradict(spec, record), window_contradicts(spec, outcome),
                            times_contradict(known.work, record), cpu_contradicts(known, spec, outcome)}) {
    if (!check.empty()) return check;
  }
  return peer ? peer_contradicts(known, spec, outcome, *peer) : std::string();
}

TrialRecord completed_record(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const TrialCircumstances& circumstances) {
  TrialRecord record{.id = circumstances.id, .spec = spec, .status = outcome.status, .reason = outcome.reason};
  record.started_at = circumstances.started_at;
  record.host = circumstances.host;
  record.build = circumstances.build;
  record.digest_expected = known.work.digest();
  if (outcome.ready) record.runtime = outcome.ready->runtime;
  if (circumstances.peer) record.peer_replies = circumstances.peer->replies_in_window;
  take_measures(spec, outcome, record);
  if (!outcome.record) return record;

  const RecordEvent& said = *outcome.record;
  if (outcome.status == Status::ok && said.status != ChildStatus::ok) {
    record.status = said.status == ChildStatus::unsupported ? Status::unsupported : Status::failed;
    record.reason = said.reason;
    if (said.status == ChildStatus::unsupported) return record;
  }
  if (!outcome.window || !outcome.ready) return record;
  take_counts(spec, known, outcome, record);
  if (record.status == Status::ok && record.tasks == 0) {
    record.status = Status::failed;
    record.reason =
        fmt::format("no task finished within {}; give a longer --duration", format_duration(spec.load.duration));
  }
  if (record.status != Status::ok) return record;
  if (std::string found = contradiction_in(spec, known, outcome, circumstances.peer); !found.empty()) {
    record.status = Status::failed;
    record.reason = std::move(found);
    return record;
  }
  take_demands(known, record);
  note_steady_state(record);
  return record;
}

}  // namespace cbench
