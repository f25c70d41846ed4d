#include "sweep/verdict/completed_record.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "reports/findings/cells/completion.hpp"
#include "sweep/verdict/contradictions.hpp"
#include "sweep/verdict/open_verdict.hpp"
#include "sweep/verdict/trial_times.hpp"
#include "sweep/verdict/turns_met.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr double most_late_share_of_fixed = 0.05;
constexpr double usual_delay_s = 0.002;  // of a reading, on a machine that has a CPU for the parent
constexpr auto no_witness =
    "the peer heard of the window too late to count its replies: how many tasks there were is the model's own word";

// Empty where it was read of about the time of the window.
std::string why_cpu_time_is_not_known(const TrialSpec& spec, const TrialMeasures& measures, double window_s) {
  // A load that goes on uses the same share a little later; before and after fixed work something else uses CPU time.
  const bool fixed = spec.load.kind == LoadKind::fixed;
  const double late_s = readings_late_by_s(spec, measures, window_s);
  if (late_s <= (fixed ? most_late_share_of_fixed : most_late_share) * window_s) return {};
  if (late_s > usual_delay_s) return "the machine was too busy to read CPU time at the window's ends: it is not known";
  // To the next power of ten, so that repetitions say the same.
  const auto below = std::chrono::nanoseconds(std::llround(std::pow(10, std::floor(std::log10(window_s * 1e9)) + 1)));
  return fmt::format("a window of less than {} is too short to read CPU time, which is not known; {} would tell",
                     format_duration(below), fixed ? "more --tasks" : "a longer --duration");
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
  // How many an open load holds in flight at its peak is not known.
  if (spec.load.kind != LoadKind::open) {
    record.bytes_per_task = std::max(0.0, held - idle) / slots_in_use(spec.load);
  }
  if (!measures.complete || record.window_s <= 0) return;
  if (std::string why = why_cpu_time_is_not_known(spec, measures, record.window_s); !why.empty()) {
    record.warnings.push_back(std::move(why));
    return;
  }
  const double share = 1 / measures.elapsed_s;
  record.peer_cpu_share = measures.peer_cpu_s * share;
  record.own_cpu_share = measures.own_cpu_s * share;
  record.compiler_cpu_share = measures.compiler_cpu_s * share;
  record.collector_cpu_share = measures.collector_cpu_s * share;
  if (measures.foreign) {
    record.foreign_cpu_share = measures.foreign->foreign_cpu_share;
    record.steal_share = measures.foreign->steal_share;
  }
  record.cpu_s = cpu_s_within(spec, measures, record.window_s);
}

// What the tasks of the window were, where they ran one after the other: a stretch of the turns. Where the
// window begins among them is known to within the task that was under way when it closed, which counts or does not;
// that which takes about as long as was measured is taken.
Demand met_in(const KnownWork& known, const TrialRecord& record) {
  if (record.spec.load.concurrency != 1 || record.tasks == 0) return known.least;
  const std::uint64_t before = std::max(record.tasks_total, record.tasks) - record.tasks;
  const Demand last = mean_demand(known.least, known.work, before, record.tasks);
  if (before == 0) return last;
  const Demand first = mean_demand(known.least, known.work, before - 1, record.tasks);
  const auto off_us = [&](const Demand& one) { return std::abs(record.service.mean_us - one.serial_us); };
  return off_us(first) <= off_us(last) ? first : last;
}

// How many turns the trial's models take of the order; 0: all, over and over.
std::uint64_t turns_asked(const TrialSpec& spec) {
  if (spec.load.kind != LoadKind::fixed) return 0;
  return spec.tasks_asked > 0 ? spec.tasks_asked : spec.load.tasks;
}

// In us, what one task takes where they run one after the other: as measured, but of all kinds as often as they come. A
// short window may meet the quick ones alone, or one that is long.
double one_task_us(const KnownWork& known, const TrialRecord& record, double measured_us) {
  if (known.work.distinct() == 1) return measured_us;
  const Demand all = mean_demand(known.least, known.work, 0, turns_asked(record.spec));
  const Demand met = met_in(known, record);
  const auto time_of = [&](const Demand& one) { return record.spec.is_baseline ? one.serial_us : one.path_us; };
  if (time_of(met) <= 0) return measured_us;
  if (all.wait_us() <= 0) return measured_us * time_of(all) / time_of(met);
  // Computing takes longer in other languages.
  const bool native = record.spec.runtime_name.empty();
  const double slower = native || met.cpu_us <= 0 ? 1 : std::max(1.0, (measured_us - met.wait_us()) / met.cpu_us);
  return std::max(0.0, measured_us + time_of(all) - time_of(met) + (slower - 1) * (all.cpu_us - met.cpu_us));
}

// Most over fewest tasks of a slot, beyond what the order makes of it: slots that meet the long tasks finish fewer.
double slot_spread_of(const KnownWork& known, const TrialRecord& record, const RecordEvent& said) {
  const auto fewest = static_cast<double>(said.fewest_of_a_slot);
  const double spread = fewest == 0 ? 0 : static_cast<double>(said.most_of_a_slot) / fewest;
  if (record.spec.load.kind != LoadKind::closed || known.work.distinct() == 1 || record.response.mean_us <= 0) {
    return spread;
  }
  const TurnSums waits(waits_of_turns(known.work));
  // Of the window as much as goes by in waiting, and not in a queue.
  const double share = std::min(1.0, waits.mean() / 1000 / record.response.mean_us);
  const auto waited_ns = static_cast<std::uint64_t>(share * record.window_s * 1e9);
  const std::uint64_t most = waits.longest_reach(waited_ns);
  if (most == TurnSums::unlimited) return spread;
  std::uint64_t least = most;
  for (std::size_t turn = 0; turn < known.work.turns(); ++turn) least = std::min(least, waits.reach(turn, waited_ns));
  if (least == 0) return 1;
  return spread == 0 ? 0 : std::max(1.0, spread * static_cast<double>(least) / static_cast<double>(most));
}

// Whether a window holds so few of the longest tasks that its throughput goes up and down with them.
bool has_few_long_tasks(const KnownWork& known, const TrialRecord& record) {
  constexpr double enough = 20;
  if (known.work.distinct() == 1) return false;
  double longest_us = 0;
  for (const Demand& one : known.least.scripts) longest_us = std::max(longest_us, one.serial_us);
  return slots_in_use(record.spec.load) * record.window_s * 1e6 < enough * longest_us;
}

void take_counts(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome, TrialRecord& record) {
  const RecordEvent& said = *outcome.record;
  record.warnings.insert(record.warnings.end(), said.warnings.begin(), said.warnings.end());
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
  record.slot_spread = slot_spread_of(known, record, said);
  if (outcome.ready->processes) {
    record.context_switches_voluntary = outcome.measures.forked_switches_voluntary;
    record.context_switches_involuntary = outcome.measures.forked_switches_involuntary;
  } else if (said.switches) {
    record.context_switches_voluntary = said.switches->voluntary;
    record.context_switches_involuntary = said.switches->involuntary;
  }
  if (said.first_finish_ns && *said.first_finish_ns > outcome.started_ns) {
    record.cold_start_s = static_cast<double>(*said.first_finish_ns - outcome.started_ns) / 1e9;
  }
  if (said.first_service) record.first_service_us = said.first_service->mean() / 1000;
  if (record.window_s > 0) {
    record.throughput_per_s = static_cast<double>(record.tasks) / record.window_s;
    const double slice_s = record.window_s / static_cast<double>(std::max<std::size_t>(said.slices.size(), 1));
    for (const std::uint64_t slice : said.slices) record.series_per_s.push_back(static_cast<double>(slice) / slice_s);
  }
  record.littles_in_flight = record.throughput_per_s * record.response.mean_us / 1e6;
  record.in_service_mean = record.throughput_per_s * record.service.mean_us / 1e6;
  if (spec.load.kind == LoadKind::closed && spec.load.concurrency == 1 && record.tasks > 0) {
    // With one task in flight, Little's law is exact, and whole tasks in a window too coarse: 9 or 10 of 100 ms a
    // second.
    record.throughput_per_s = 1e6 / one_task_us(known, record, record.response.mean_us);
    record.littles_in_flight = 1;
    record.in_service_mean = record.service.mean_us / record.response.mean_us;
  } else if (spec.unasked && spec.load.kind == LoadKind::fixed && record.tasks > 0 && record.throughput_per_s > 0) {
    // A baseline that did not do all the tasks that were asked for.
    record.throughput_per_s = 1e6 / one_task_us(known, record, 1e6 / record.throughput_per_s);
  }
  if (record.throughput_per_s > 0 && record.window_s > 0) {
    record.cpu_per_task_us = record.cpu_s * 1e6 / record.window_s / record.throughput_per_s;
  }
}

void take_arrivals(const ArrivalCounts& said, TrialRecord& record) {
  const auto us_at = [&](double fraction) { return static_cast<double>(said.lag.quantile(fraction)) / 1000; };
  Arrived& arrived = record.arrived;
  arrived = {.due = said.due(),
             .late = said.late,
             .shed = said.shed(),
             .unfinished = said.unfinished,
             .backlog_begin = static_cast<double>(said.begin.backlog()),
             .backlog_mean = said.mean_backlog,
             .backlog_end = static_cast<double>(said.end.backlog()),
             .lag_p50_us = us_at(0.5),
             .lag_p99_us = us_at(0.99),
             .lag_max_us = us_at(1.0),
             .generator_is_own = said.own_thread};
  if (record.window_s <= 0) return;
  arrived.offered_per_s = static_cast<double>(arrived.due) / record.window_s;
  if (said.generator_cpu) {
    arrived.generator_cpu_share = static_cast<double>(said.generator_cpu->count()) / 1e9 / record.window_s;
  }
}

// The shortest task: of the scripts that the baseline met as it was measured, of others as it was asked for.
double shortest_us(const KnownWork& known, const TrialRecord& record) {
  const auto& histogram = record.service.histogram;
  if (!histogram || histogram->total() == 0) return 0;
  const Work& work = known.work;
  std::vector<bool> met(known.least.scripts.size());
  const std::uint64_t before = std::max(record.tasks_total, record.tasks) - record.tasks;
  const std::uint64_t sure = record.tasks - (before > 0 ? 1 : 0);  // see met_in
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(sure, work.turns()); ++i) {
    met[work.script_of((before + i) % work.turns())] = true;
  }
  const std::uint64_t asked = turns_asked(record.spec);
  double shortest = static_cast<double>(histogram->smallest()) / 1000;
  for (std::uint64_t turn = 0; turn < (asked == 0 ? work.turns() : std::min<std::uint64_t>(asked, work.turns()));
       ++turn) {
    const std::uint32_t script = work.script_of(turn);
    const Demand& one = known.least.scripts[script];
    if (!met[script]) shortest = std::min(shortest, one.cheapest_us + one.wait_us());
  }
  return shortest;
}

// The demands of the scripts, which the ideal throughput is made of. Only the baseline can tell: nothing runs beside
// it. In its window it meets few tasks, which may be the short ones or the long: what it took beyond their own scripts
// is measured, and the mean of those is known that all are to run.
void take_demands(const KnownWork& known, TrialRecord& record) {
  const bool native = record.spec.runtime_name.empty();
  const StepCounts steps = known.work.steps();
  const bool waits = known.work.waiting() > 0ns || steps.requests > 0;
  const Demand all = mean_demand(known.least, known.work, 0, turns_asked(record.spec));
  // Of its own scripts, which may be cut for so many workers. Computing in another language takes its own time, and
  // requests take more than their delay, of which the baseline tells, below.
  if (steps.branches > 0 && steps.requests == 0 && (native || waits)) record.demand_path_us = all.path_us;
  if ((native || steps.computes == 0) && !all.locks_us.empty()) {
    record.demand_lock_us = std::ranges::max(all.locks_us);
  }
  if (!record.spec.is_baseline) return;
  // Where a script waits, CPU time on the baseline is mostly that of falling asleep and waking up, which is the model's
  // cost and not the work's: then the demand is that of the script's computing alone.
  const bool by_known = waits && (native || steps.computes == 0);
  if (!by_known && record.cpu_s <= 0) return;
  const Demand met = met_in(known, record);
  record.demand_cpu_us = by_known ? all.cpu_us : record.cpu_per_task_us;
  if (!waits && met.cpu_us > 0) record.demand_cpu_us *= all.cpu_us / met.cpu_us;
  const double beyond_us = record.service.mean_us - met.wait_us() - (by_known ? met.cpu_us : record.demand_cpu_us);
  record.demand_wait_us = waits ? std::max(0.0, all.wait_us() + beyond_us) : 0;
  record.demand_shortest_us = shortest_us(known, record);
  if (steps.branches > 0 && steps.requests > 0) {
    // Of what each request takes beyond its delay, those on the path make their part of it.
    const double on_path = known.least.requests_on_path / known.work.requests_per_task();
    record.demand_path_us = all.path_us + on_path * std::max(0.0, beyond_us);
  } else if (steps.branches > 0 && !native && !waits && all.cpu_us > 0) {
    // The longest chain of a task that computes is as much longer than natively as all of its computing is.
    record.demand_path_us = all.path_us * record.demand_cpu_us / all.cpu_us;
  }
}

}  // namespace

TrialRecord completed_record(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const TrialCircumstances& circumstances) {
  TrialRecord record;
  record.id = circumstances.id;
  record.spec = spec;
  record.status = outcome.status;
  record.reason = outcome.reason;
  record.started_at = circumstances.started_at;
  record.host = circumstances.host;
  record.build = circumstances.build;
  record.digest_expected = known.work.digest();
  if (outcome.ready) record.runtime = outcome.ready->runtime;
  if (circumstances.peer && circumstances.peer->window_whole) {
    record.peer_replies = circumstances.peer->replies_in_window;
  }
  take_measures(spec, outcome, record);
  if (!outcome.record) return record;

  const RecordEvent& said = *outcome.record;
  if (outcome.status == Status::ok && said.status != ChildStatus::ok) {
    record.status = said.status == ChildStatus::unsupported ? Status::unsupported : Status::failed;
    record.reason = said.reason.empty() ? "it gave no reason" : said.reason;
    if (said.status == ChildStatus::unsupported) return record;
  }
  if (!outcome.window || !outcome.ready) return record;
  take_counts(spec, known, outcome, record);
  if (circumstances.peer && !circumstances.peer->window_whole) {
    record.warnings.emplace_back(no_witness);
  }
  if (said.arrivals) take_arrivals(*said.arrivals, record);
  const bool open = spec.load.kind == LoadKind::open;
  if (record.status == Status::ok && open && record.arrived.due == 0) {
    record.status = Status::invalid;
    record.reason = fmt::format("no task was due within {} at {:.3g}/s; give a longer --duration",
                                format_duration(spec.load.duration), spec.load.rate_per_s);
  } else if (record.status == Status::ok && !open && record.tasks == 0) {
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
  if (open) {
    const OpenVerdict verdict = verdict_on(record, std::chrono::duration<double>(known.work.waiting()).count());
    record.status = verdict.status;
    record.reason = verdict.reason;
    record.warnings.insert(record.warnings.end(), verdict.warnings.begin(), verdict.warnings.end());
    return record;
  }
  take_demands(known, record);
  if (!has_few_long_tasks(known, record)) note_steady_state(record);
  return record;
}

}  // namespace cbench
