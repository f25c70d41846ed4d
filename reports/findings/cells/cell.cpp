#include "reports/findings/cells/cell.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>
#include <tuple>

#include "record/cell_label.hpp"
#include "reports/findings/cells/completion.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/findings/resolution.hpp"

namespace cbench {
namespace {

using Repetitions = std::vector<const Repetition*>;

template <class Get>
std::vector<double> each(const Repetitions& records, Get get) {
  std::vector<double> values;
  values.reserve(records.size());
  for (const Repetition* record : records) values.push_back(static_cast<double>(get(*record)));
  return values;
}

// Of the records that know it.
template <class Get>
std::vector<double> each_known(const Repetitions& records, Get get) {
  std::vector<double> values = each(records, get);
  std::erase(values, 0.0);
  return values;
}

template <class Get>
double mean_known(const Repetitions& records, Get get) {
  const std::vector<double> values = each_known(records, get);
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double smallest_of(const std::vector<double>& values) { return values.empty() ? 0 : std::ranges::min(values); }

template <class Get>
double smallest(const Repetitions& records, Get get) {
  return smallest_of(each(records, get));
}

template <class Get>
double smallest_known(const Repetitions& records, Get get) {
  return smallest_of(each_known(records, get));
}

template <class Get>
double largest(const Repetitions& records, Get get) {
  const std::vector<double> values = each(records, get);
  return values.empty() ? 0 : std::ranges::max(values);
}

Latency merge(const Repetitions& records, LatencySummary Repetition::*times) {
  // The tasks of all trials, whichever records hold them: a sweep keeps those of a cell in one.
  std::vector<Latency> latencies;
  latencies.reserve(records.size());
  std::vector<const Latency*> all;
  std::uint64_t tasks = 0;
  for (const Repetition* record : records) {
    all.push_back(&latencies.emplace_back(record->latency(times)));
    tasks += record->tasks_timed;
  }
  return merged(all, tasks);
}

double throughput_step_of(const Repetitions& records) {
  return largest(records, [](const Repetition& record) {
    return throughput_step_per_s(record.asked->load, record.window_s, record.throughput_per_s);
  });
}

Estimate estimate_of_times(const std::vector<double>& times_us) {
  return estimate(times_us, {.resolution = time_resolution * mean_of(times_us), .scale = Scale::logarithmic});
}

Arrived arrived_of(const Repetitions& records) {
  Arrived all;
  const auto mean = [&](double Arrived::*value) {
    return mean_of(each(records, [&](const Repetition& r) { return r.rest().arrived.*value; }));
  };
  const auto most = [&](double Arrived::*value) {
    return largest(records, [&](const Repetition& r) { return r.rest().arrived.*value; });
  };
  for (const Repetition* record : records) {
    all.due += record->rest().arrived.due;
    all.late += record->rest().arrived.late;
    all.shed += record->rest().arrived.shed;
    all.unfinished += record->rest().arrived.unfinished;
  }
  for (const auto value :
       {&Arrived::offered_per_s, &Arrived::backlog_begin, &Arrived::backlog_mean, &Arrived::backlog_end}) {
    all.*value = mean(value);
  }
  for (const auto value :
       {&Arrived::lag_p50_us, &Arrived::lag_p99_us, &Arrived::lag_max_us, &Arrived::generator_cpu_share}) {
    all.*value = most(value);
  }
  return all;
}

// Poisson arrivals of a short window are some more or fewer than its rate, and no model can serve what did not come.
double served_share(const Repetition& record) {
  const double offered = record.rest().arrived.offered_per_s;
  return record.throughput_per_s / (offered > 0 ? offered : record.asked->load.rate_per_s);
}

// Which repetitions count, and what is to be said of the others: failures, warnings, no steady state.
Repetitions sift(const Repetitions& records, Cell& cell) {
  Repetitions ok;
  for (const Repetition* record : records) {
    cell.unsteady += record->steady_state == false ? 1 : 0;
    for (const std::string& warning : record->rest().warnings) {
      if (warns_of_no_steady_state(warning)) continue;
      if (std::ranges::find(cell.warnings, warning) == cell.warnings.end()) cell.warnings.push_back(warning);
    }
    if (is_finding(record->status)) {
      ok.push_back(record);
      if (record->status == Status::overloaded && cell.overloaded++ == 0) cell.overload = record->rest().reason;
    } else {
      cell.failures.push_back({record->status, record->rest().reason, record->repetition, record->seed});
    }
  }
  return ok;
}

void set_throughput(const Repetitions& ok, Cell& cell) {
  cell.throughputs_per_s = each(ok, [](const Repetition& r) { return r.throughput_per_s; });
  const double step = throughput_step_of(ok);
  cell.throughput = estimate(cell.throughputs_per_s, {.resolution = step});
  if (cell.throughput.mean > 0) cell.throughput_resolution = step / cell.throughput.mean;
  if (cell.spec.load.kind != LoadKind::open) return;
  cell.arrived = arrived_of(ok);
  const std::vector<double> shares = each(ok, served_share);
  cell.served_share = mean_of(shares);
  cell.least_served_share = smallest_of(shares);
}

void set_times(const Repetitions& with_tasks, Cell& cell) {
  if (with_tasks.empty()) return;
  cell.queueing = merge(with_tasks, &Repetition::queueing);
  cell.service = merge(with_tasks, &Repetition::service);
  cell.response = merge(with_tasks, &Repetition::response);
  cell.response_p50s_us = each(with_tasks, [](const Repetition& r) { return r.response.p50_us; });
  cell.response_p99s_us = each(with_tasks, [](const Repetition& r) { return r.response.p99_us; });
  cell.powers_per_s2 = each(with_tasks, [](const Repetition& r) {
    return r.response.mean_us > 0 ? r.throughput_per_s / (r.response.mean_us / 1e6) : 0;
  });
  cell.response_p50_us = estimate_of_times(cell.response_p50s_us);
  cell.response_p99_us = estimate_of_times(cell.response_p99s_us);
  cell.classes = classes_of(with_tasks);
  cell.percentiles = cell.response.histogram ? PercentilesFrom::histogram : PercentilesFrom::medians;
  cell.least_tasks =
      static_cast<std::uint64_t>(smallest(with_tasks, [](const Repetition& r) { return r.tasks_timed; }));
}

void set_demands(const Repetitions& ok, Cell& cell) {
  cell.ideal_per_s = mean_known(ok, [](const Repetition& r) { return r.ideal_per_s; });
  cell.demand_cpus_us = each(ok, [](const Repetition& r) { return r.demand_cpu_us; });
  cell.demand_waits_us = each(ok, [](const Repetition& r) { return r.demand_wait_us; });
  cell.demand_branch_us = mean_known(ok, [](const Repetition& r) { return r.demand_path_us; });
  cell.demand_lock_us = mean_known(ok, [](const Repetition& r) { return r.demand_lock_us; });
  cell.demand_cpu_us = mean_known(ok, [](const Repetition& r) { return r.demand_cpu_us; });
  cell.demand_wait_us = mean_known(ok, [](const Repetition& r) { return r.demand_wait_us; });
  cell.demand_shortest_us = smallest_known(ok, [](const Repetition& r) { return r.demand_shortest_us; });
  cell.demand_path_us = cell.demand_branch_us > 0 ? cell.demand_branch_us : cell.demand_cpu_us + cell.demand_wait_us;
}

// What its processes took of the CPUs, and of what for.
void set_cpu(const Repetitions& ok, const Repetitions& with_tasks, Cell& cell) {
  cell.cpu_per_task_us = mean_known(ok, [](const Repetition& r) { return r.cpu_per_task_us; });
  cell.cpus_per_task_us = each(ok, [](const Repetition& r) { return r.cpu_per_task_us; });
  const auto cpu_share = [](const Repetition& r) { return r.window_s > 0 ? r.cpu_s / r.window_s : 0; };
  cell.cpu_share = mean_known(ok, cpu_share);
  cell.least_cpu_share = smallest_known(ok, cpu_share);
  cell.most_cpu_share = largest(ok, cpu_share);
  cell.least_used_cpus =
      smallest_known(ok, [&](const Repetition& r) { return cpu_share(r) > 0 ? cpu_share(r) + r.peer_cpu_share : 0; });

  const auto per_task = [&](auto count) {
    std::vector<double> told;
    for (const Repetition* r : with_tasks) {
      if (count(*r)) told.push_back(static_cast<double>(*count(*r)) / static_cast<double>(r->tasks));
    }
    return told.empty() ? std::nullopt : std::optional(mean_of(told));
  };
  cell.switches_voluntary_per_task = per_task([](const Repetition& r) { return r.context_switches_voluntary; });
  cell.switches_involuntary_per_task = per_task([](const Repetition& r) { return r.context_switches_involuntary; });
  const auto of_own_cpu = [](const Repetition& r, double cpus) {
    return r.cpu_s > 0 ? cpus * r.window_s / r.cpu_s : 0;
  };
  cell.worst_compiler_share = largest(ok, [&](const Repetition& r) { return of_own_cpu(r, r.compiler_cpu_share); });
  cell.worst_collector_share = largest(ok, [&](const Repetition& r) { return of_own_cpu(r, r.collector_cpu_share); });
}

// How many tasks there were, in flight and of each slot, and in what they ran.
void set_tasks(const Repetitions& ok, Cell& cell) {
  const auto tasks_per_slot = [](const Repetition& r) {
    return static_cast<double>(r.tasks) / std::max(1U, r.asked->load.concurrency);
  };
  cell.tasks_per_slot = mean_known(ok, tasks_per_slot);
  cell.least_tasks_per_slot = smallest(ok, tasks_per_slot);
  cell.littles_in_flights = each_known(ok, [](const Repetition& r) {
    return r.littles_in_flight > 0 ? r.littles_in_flight : r.throughput_per_s * r.response.mean_us / 1e6;
  });
  cell.littles_in_flight = mean_of(cell.littles_in_flights);
  cell.settled = std::ranges::all_of(ok, [](const Repetition* r) { return r->settled; });
  cell.units_per_task = mean_known(ok, [](const Repetition& r) {
    return r.tasks_total > 0 ? static_cast<double>(r.units_created) / static_cast<double>(r.tasks_total) : 0;
  });
  cell.os_threads = static_cast<std::uint32_t>(largest(ok, [](const Repetition& r) { return r.os_threads; }));
  for (const Repetition* record : ok) {
    cell.tasks += record->tasks_timed;
    cell.digests[record->seed] = record->digest;
  }
  const std::vector<double> spreads = each(ok, [](const Repetition& r) { return r.slot_spread; });
  cell.worst_slot_spread = std::ranges::min(spreads) == 0 ? 0 : std::ranges::max(spreads);
}

// What others took of the CPUs meanwhile: the peer, other programs, the hypervisor.
void set_others(const Repetitions& ok, Cell& cell) {
  std::vector<double> of_peer;  // as above: where CPU time was not read, the peer's was not
  for (const Repetition* record : ok) {
    if (record->cpu_s > 0) of_peer.push_back(record->peer_cpu_share);
  }
  cell.peer_cpu_share = mean_of(of_peer);
  std::vector<double> foreign;  // of the repetitions that know it, of which some may be 0
  for (const Repetition* record : ok) {
    if (record->foreign_cpu_share) foreign.push_back(*record->foreign_cpu_share);
  }
  cell.knows_foreign = !foreign.empty();
  cell.foreign_cpu_share = mean_of(foreign);
  cell.worst_peer_cpu_share = largest(ok, [](const Repetition& r) { return r.peer_cpu_share; });
  cell.worst_other_cpu_share =
      largest(ok, [](const Repetition& r) { return r.foreign_cpu_share.value_or(0) - r.steal_share.value_or(0); });
  cell.worst_steal_share = largest(ok, [](const Repetition& r) { return r.steal_share.value_or(0); });
}

void set_memory(const Repetitions& ok, Cell& cell) {
  const auto most_bytes = [&](auto get) { return static_cast<std::uint64_t>(largest(ok, get)); };
  cell.peak_rss_bytes = most_bytes([](const Repetition& r) { return r.peak_rss_bytes; });
  cell.peak_kernel_bytes = most_bytes([](const Repetition& r) { return r.peak_kernel_bytes; });
  cell.peak_virtual_bytes = most_bytes([](const Repetition& r) { return r.peak_virtual_bytes; });
  cell.peak_memory_bytes = most_bytes([](const Repetition& r) { return r.peak_rss_bytes + r.peak_kernel_bytes; });
  cell.bytes_per_task = mean_known(ok, [](const Repetition& r) { return r.bytes_per_task; });
  cell.bytes_per_tasks = each(ok, [](const Repetition& r) { return r.bytes_per_task; });
}

// The words that hold no digit.
std::string without_numbers(const std::string& text) {
  std::istringstream words(text);
  std::string out;
  for (std::string word; words >> word;) {
    if (word.find_first_of("0123456789") == std::string::npos) out += word + ' ';
  }
  return out;
}

}  // namespace

bool Cell::has_efficiency_interval() const {
  return efficiency_interval.high > 0 && std::isfinite(efficiency_interval.high);
}

bool Cell::times_hold() const {
  return std::ranges::all_of(littles_in_flights, [&](double known) { return littles_law_holds(spec.load, known); });
}

double Cell::littles_response_us() const {
  return throughput.mean > 0 ? spec.load.concurrency / throughput.mean * 1e6 : 0;
}

bool Cell::knows_percentile(double fraction) const {
  if (percentiles == PercentilesFrom::nothing || !times_hold()) return false;
  return tells_percentile(percentiles == PercentilesFrom::histogram ? tasks : least_tasks, fraction);
}

bool Cell::knows_repeated_percentile(double fraction) const {
  return percentiles != PercentilesFrom::nothing && times_hold() && tells_percentile(least_tasks, fraction);
}

std::string Cell::label() const { return label_of(spec); }

std::vector<FailureKind> Cell::failure_kinds() const {
  std::vector<FailureKind> kinds;
  for (const Failure& failure : failures) {
    const auto same = [&](const FailureKind& kind) {
      if (kind.status != failure.status) return false;
      return kind.reason == failure.reason ||
             (kind.status == Status::invalid && without_numbers(kind.reason) == without_numbers(failure.reason));
    };
    const auto at = std::ranges::find_if(kinds, same);
    if (at == kinds.end()) {
      kinds.push_back({failure.status, failure.reason, 1});
    } else {
      ++at->times;
    }
  }
  return kinds;
}

Cell cell_of(const Trials::Cell& trials) {
  Repetitions records;
  records.reserve(trials.repetitions.size());
  for (const Repetition& record : trials.repetitions) records.push_back(&record);
  // In the order in which they were measured: a second run of the same cell begins at repetition 1 again.
  std::ranges::stable_sort(records, {}, [](const Repetition* r) { return std::tie(r->started_at, r->repetition); });
  Cell cell;
  cell.spec = records.front()->spec();
  const Repetitions ok = sift(records, cell);
  cell.cpus = cpus_usable(*records.front()->host);
  cell.kept_awake = !records.front()->host->idle.empty();
  cell.peers = records.front()->host->peers;
  if (ok.empty()) return cell;

  Repetitions with_tasks = ok;
  std::erase_if(with_tasks, [](const Repetition* record) { return record->tasks == 0 || record->tasks_timed == 0; });
  set_throughput(ok, cell);
  set_times(with_tasks, cell);
  set_demands(ok, cell);
  set_cpu(ok, with_tasks, cell);
  set_tasks(ok, cell);
  set_others(ok, cell);
  set_memory(ok, cell);
  return cell;
}

}  // namespace cbench
