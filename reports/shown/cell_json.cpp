#include "reports/shown/cell_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/findings/comparison/noise_floor.hpp"
#include "reports/findings/limits.hpp"

namespace cbench {
namespace {

using Json = nlohmann::ordered_json;

Json null_unless(bool known, Json value) { return known ? std::move(value) : Json(nullptr); }

Json estimate_json(const Estimate& estimate, const std::vector<double>& values) {
  const bool interval = estimate.has_interval();
  return {{"mean", estimate.mean},
          {"median", estimate.median},
          {"low", null_unless(interval, std::max(0.0, estimate.low))},
          {"high", null_unless(interval, estimate.high)},
          {"doubt", estimate.doubt()},
          {"values", values}};
}

// An interval that reaches infinity is none.
Json ratio_json(double value, const Interval& interval) {
  if (value <= 0) return nullptr;
  const bool known = std::isfinite(interval.high) && interval.high > 0;
  return {{"value", value}, {"low", null_unless(known, interval.low)}, {"high", null_unless(known, interval.high)}};
}

Json efficiency_json(const Cell& cell) {
  return cell.is_yardstick() ? Json(nullptr) : ratio_json(cell.efficiency, cell.efficiency_interval);
}

Json latency_json(const Cell& cell, const Latency& latency) {
  const auto known = [&](double fraction, double value) { return null_unless(cell.knows_percentile(fraction), value); };
  return {{"mean", latency.mean_us},
          {"p50", known(0.5, latency.p50_us)},
          {"p90", known(0.9, latency.p90_us)},
          {"p99", known(0.99, latency.p99_us)},
          {"p999", known(0.999, latency.p999_us)},
          {"max", latency.max_us}};
}

Json classes_json(const Cell& cell) {
  Json classes = Json::array();
  for (const CellClass& one : cell.classes) {
    const auto known = [&](double fraction, double value) {
      return null_unless(cell.times_hold() && one.knows_percentile(fraction), value);
    };
    classes.push_back({{"name", one.name},
                       {"tasks", one.tasks},
                       {"mean", null_unless(cell.times_hold() && one.tasks > 0, one.response.mean_us)},
                       {"p50", known(0.5, one.response.p50_us)},
                       {"p90", known(0.9, one.response.p90_us)},
                       {"p99", known(0.99, one.response.p99_us)},
                       {"p999", known(0.999, one.response.p999_us)}});
  }
  return classes;
}

Json status_json(const Cell& cell) {
  Json status{{"ok", cell.throughput.repetitions}};
  for (const Status one : {Status::failed, Status::timed_out, Status::unsupported, Status::invalid}) {
    status[std::string(name_of(one))] =
        std::ranges::count_if(cell.failures, [&](const Failure& failure) { return failure.status == one; });
  }
  return status;
}

Json reasons_json(const Cell& cell) {
  Json reasons = Json::array();
  for (const FailureKind& kind : cell.failure_kinds()) {
    reasons.push_back({{"status", name_of(kind.status)}, {"reason", kind.reason}, {"times", kind.times}});
  }
  return reasons;
}

std::string_view name_of_limit(Limit limit) {
  switch (limit) {
    case Limit::lock: return "lock";
    case Limit::delay: return "delay";
    case Limit::work: return "work";
    case Limit::offered: return "offered";
    case Limit::blocked: return "blocked";
    case Limit::cpus: return "cpus";
    case Limit::disturbed: return "disturbed";
    case Limit::serial: return "serial";
    case Limit::waiting: return "waiting";
    case Limit::unknown: break;
  }
  return "unknown";
}

std::string_view name_of_source(PercentilesFrom from) {
  switch (from) {
    case PercentilesFrom::histogram: return "histogram";
    case PercentilesFrom::medians: return "medians";
    case PercentilesFrom::nothing: break;
  }
  return "nothing";
}

void add_load(const TrialSpec& spec, Json& json) {
  const bool open = spec.load.kind == LoadKind::open;
  const bool fixed = spec.load.kind == LoadKind::fixed;
  json["load"] = name_of(spec.load.kind);
  json["load_text"] = load_text(spec.load);
  json["workers"] = spec.workers;
  json["concurrency"] = spec.load.concurrency;
  json["rate_per_s"] = null_unless(open, spec.load.rate_per_s);
  json["arrivals"] = null_unless(open, spec.load.poisson ? "poisson" : "constant");
  json["late"] = null_unless(open, spec.load.shed ? "shed" : "wait");
  json["fixed_tasks"] = null_unless(fixed, spec.load.tasks);
  json["duration_s"] = null_unless(!fixed, std::chrono::duration<double>(spec.load.duration).count());
}

// What became of the arrivals of an open load.
Json arrived_json(const Cell& cell) {
  const Arrived& arrived = cell.arrived;
  return {{"offered_per_s", arrived.offered_per_s},
          {"due", arrived.due},
          {"late", arrived.late},
          {"shed", arrived.shed},
          {"unfinished", arrived.unfinished},
          {"backlog_mean", arrived.backlog_mean},
          {"backlog_end", arrived.backlog_end},
          {"overloaded", cell.overloaded},
          {"overload", cell.overload},
          {"generator_lag_p99_us", arrived.lag_p99_us},
          {"generator_cpu_share", number_or_null(arrived.generator_cpu_share)}};
}

void add_times(const Cell& cell, Json& json) {
  const bool measured = cell.percentiles != PercentilesFrom::nothing;
  const bool known = measured && cell.times_hold();
  json["percentiles_from"] = name_of_source(cell.percentiles);
  json["littles_in_flight"] = number_or_null(cell.littles_in_flight);
  json["in_service_mean"] = null_unless(cell.times_hold(), tasks_in_service(cell));
  json["settled"] = null_unless(cell.measured(), cell.settled);
  json["times_hold"] = null_unless(measured, known);
  json["response_us"] = null_unless(known, latency_json(cell, cell.response));
  json["classes_us"] = classes_json(cell);
  json["queueing_us"] = null_unless(known, latency_json(cell, cell.queueing));
  json["service_us"] = null_unless(known, latency_json(cell, cell.service));
  json["response_p50_repeated_us"] =
      null_unless(cell.knows_repeated_percentile(0.5), estimate_json(cell.response_p50_us, cell.response_p50s_us));
  json["response_p99_repeated_us"] =
      null_unless(cell.knows_repeated_percentile(0.99), estimate_json(cell.response_p99_us, cell.response_p99s_us));
}

void add_costs(const Cell& cell, Json& json) {
  const bool known = cell.measured();
  const bool demands = cell.demand_cpu_us > 0 || cell.demand_wait_us > 0;
  json["demand_us"] = null_unless(demands, {{"cpu", cell.demand_cpu_us},
                                            {"wait", cell.demand_wait_us},
                                            {"path", cell.demand_path_us},
                                            {"lock", number_or_null(cell.demand_lock_us)}});
  json["tasks"] = null_unless(known, cell.tasks);
  json["cpu_per_task_us"] = number_or_null(cell.cpu_per_task_us);
  json["cpu_share"] = number_or_null(cell.cpu_share);
  json["context_switches_per_task"] =
      null_unless(cell.switches_voluntary_per_task && cell.switches_involuntary_per_task,
                  {{"voluntary", cell.switches_voluntary_per_task.value_or(0)},
                   {"involuntary", cell.switches_involuntary_per_task.value_or(0)}});
  json["peak_memory_bytes"] = null_unless(cell.peak_memory_bytes > 0, cell.peak_memory_bytes);
  json["peak_rss_bytes"] = null_unless(cell.peak_rss_bytes > 0, cell.peak_rss_bytes);
  json["peak_kernel_bytes"] = null_unless(cell.peak_kernel_bytes > 0, cell.peak_kernel_bytes);
  json["peak_virtual_bytes"] = null_unless(cell.peak_virtual_bytes > 0, cell.peak_virtual_bytes);
  json["bytes_per_task"] = number_or_null(cell.bytes_per_task);
  json["os_threads"] = null_unless(cell.os_threads > 0, cell.os_threads);
  json["units_per_task"] = null_unless(known, cell.units_per_task);
  json["slot_spread"] = null_unless(known, cell.worst_slot_spread);
  json["peer_cpu_share"] = null_unless(cell.cpu_share > 0, cell.worst_peer_cpu_share);
  json["other_cpu_share"] = null_unless(cell.knows_foreign, cell.worst_other_cpu_share);
  json["steal_share"] = null_unless(cell.knows_foreign, cell.worst_steal_share);
  json["compiler_share"] = null_unless(cell.worst_compiler_share > 0, cell.worst_compiler_share);
  json["collector_share"] = null_unless(cell.worst_collector_share > 0, cell.worst_collector_share);
}

}  // namespace

Json number_or_null(double value) { return value != 0 && std::isfinite(value) ? Json(value) : Json(nullptr); }

Json cell_to_json(const Cell& cell, const CellPlace& place) {
  Json json{{"id", place.id},
            {"block", place.block},
            {"host", place.host},
            {"label", cell.label()},
            {"model", cell.spec.model},
            {"settings", cell.spec.settings},
            {"workload", cell.spec.workload},
            {"parameters", cell.spec.parameters}};
  add_load(cell.spec, json);
  json["baseline"] = cell.spec.unasked;
  json["beyond_cpus"] = cell.is_beyond_cpus();
  json["repetitions"] = cell.trials();
  json["status"] = status_json(cell);
  json["reasons"] = reasons_json(cell);
  json["throughput_per_s"] = null_unless(cell.measured(), estimate_json(cell.throughput, cell.throughputs_per_s));
  json["ideal_per_s"] = number_or_null(cell.ideal_per_s);
  json["efficiency"] = efficiency_json(cell);
  json["speedup_over_sequential"] = ratio_json(cell.speedup_over_sequential, cell.speedup_over_sequential_interval);
  json["speedup_over_one_worker"] = ratio_json(cell.speedup_over_one_worker, cell.speedup_over_one_worker_interval);
  json["limit"] = name_of_limit(limit_of(cell));
  json["arrived"] = null_unless(cell.spec.load.kind == LoadKind::open && cell.measured(), arrived_json(cell));
  add_times(cell, json);
  add_costs(cell, json);
  Json digests = Json::array();
  for (const auto& [seed, digest] : cell.digests) {
    digests.push_back({{"seed", seed}, {"digest", fmt::format("{:016x}", digest)}});
  }
  json["digests"] = std::move(digests);
  json["warnings"] = cell.warnings;
  return json;
}

}  // namespace cbench
