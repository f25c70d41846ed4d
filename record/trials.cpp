#include "record/trials.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace cbench {
namespace {

// All that the repetitions of a cell may differ in, but for seed and repetition.
auto varying(const TrialSpec& spec) {
  return std::tie(spec.load, spec.is_baseline, spec.runtime_name, spec.unasked, spec.deadline, spec.max_memory_bytes,
                  spec.peer_port, spec.peer_pid);
}

const TrialSpec* asked_in(Trials::Cell& cell, const TrialSpec& spec) {
  const auto known =
      std::ranges::find_if(cell.asked, [&](const auto& other) { return varying(*other) == varying(spec); });
  if (known != cell.asked.end()) return known->get();
  return cell.asked.emplace_back(std::make_unique<const TrialSpec>(spec)).get();
}

Repetition::Times times_of(const Latency& latency) {
  return {.mean_us = latency.mean_us,
          .p50_us = latency.p50_us,
          .p90_us = latency.p90_us,
          .p99_us = latency.p99_us,
          .p999_us = latency.p999_us,
          .max_us = latency.max_us};
}

std::unique_ptr<const Repetition::Further> further_of(const TrialRecord& record) {
  const bool has_histogram = record.queueing.histogram || record.service.histogram || record.response.histogram;
  const bool has_any = has_histogram || !record.reason.empty() || !record.warnings.empty() || !record.classes.empty() ||
                       record.spec.load.kind == LoadKind::open;
  if (!has_any) return nullptr;
  return std::make_unique<const Repetition::Further>(Repetition::Further{.reason = record.reason,
                                                                         .warnings = record.warnings,
                                                                         .classes = record.classes,
                                                                         .arrived = record.arrived,
                                                                         .queueing = record.queueing.histogram,
                                                                         .service = record.service.histogram,
                                                                         .response = record.response.histogram});
}

}  // namespace

TrialSpec Repetition::spec() const {
  TrialSpec own = *asked;
  own.seed = seed;
  own.repetition = repetition;
  return own;
}

const Repetition::Further& Repetition::rest() const {
  static const Further none;
  return further ? *further : none;
}

Latency Repetition::latency(Times Repetition::*times) const {
  const Times& of = this->*times;
  const auto& histogram = times == &Repetition::queueing  ? rest().queueing
                          : times == &Repetition::service ? rest().service
                                                          : rest().response;
  return {.mean_us = of.mean_us,
          .p50_us = of.p50_us,
          .p90_us = of.p90_us,
          .p99_us = of.p99_us,
          .p999_us = of.p999_us,
          .max_us = of.max_us,
          .histogram = histogram};
}

Trials::Trials(std::span<const TrialRecord> records) {
  for (const TrialRecord& record : records) add(record);
}

void Trials::add(const TrialRecord& record) {
  Cell& cell = cells_[cell_key(record.spec)];
  all_.push_back(&cell.repetitions.emplace_back(in_short(record, cell)));
}

void Trials::replace(std::size_t number, const TrialRecord& record) {
  *all_[number] = in_short(record, cells_[cell_key(all_[number]->spec())]);
}

Repetition Trials::in_short(const TrialRecord& record, Cell& cell) {
  const auto host = std::ranges::find(hosts_, record.host);
  return {.asked = asked_in(cell, record.spec),
          .host = host == hosts_.end() ? &hosts_.emplace_back(record.host) : &*host,
          .seed = record.spec.seed,
          .repetition = record.spec.repetition,
          .status = record.status,
          .settled = record.settled,
          .steady_state = record.steady_state,
          .started_at = record.started_at,
          .tasks = record.tasks,
          .tasks_total = record.tasks_total,
          .tasks_timed = tasks_timed(record),
          .digest = record.digest,
          .window_s = record.window_s,
          .throughput_per_s = record.throughput_per_s,
          .demand_cpu_us = record.demand_cpu_us,
          .demand_wait_us = record.demand_wait_us,
          .demand_path_us = record.demand_path_us,
          .ideal_per_s = record.ideal_per_s,
          .littles_in_flight = record.littles_in_flight,
          .queueing = times_of(record.queueing),
          .service = times_of(record.service),
          .response = times_of(record.response),
          .cpu_s = record.cpu_s,
          .cpu_per_task_us = record.cpu_per_task_us,
          .context_switches_voluntary = record.context_switches_voluntary,
          .context_switches_involuntary = record.context_switches_involuntary,
          .peak_rss_bytes = record.peak_rss_bytes,
          .peak_kernel_bytes = record.peak_kernel_bytes,
          .peak_virtual_bytes = record.peak_virtual_bytes,
          .bytes_per_task = record.bytes_per_task,
          .units_created = record.units_created,
          .os_threads = record.os_threads,
          .slot_spread = record.slot_spread,
          .peer_cpu_share = record.peer_cpu_share,
          .foreign_cpu_share = record.foreign_cpu_share,
          .steal_share = record.steal_share,
          .compiler_cpu_share = record.compiler_cpu_share,
          .collector_cpu_share = record.collector_cpu_share,
          .further = further_of(record)};
}

}  // namespace cbench
