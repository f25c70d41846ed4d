#include "reports/findings/cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <gsl/gsl_cdf.h>

#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "reports/findings/completion.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/findings/resolution.hpp"
#include "reports/stats/comparison.hpp"

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

Cell cell_of(const Trials::Cell& trials) {
  Repetitions records;
  records.reserve(trials.repetitions.size());
  for (const Repetition& record : trials.repetitions) records.push_back(&record);
  // In the order in which they were measured: a second run of the same cell begins at repetition 1 again.
  std::ranges::stable_sort(records, {}, [](const Repetition* r) { return std::tie(r->started_at, r->repetition); });
  Cell cell;
  cell.spec = records.front()->spec();
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
  cell.cpus = cpus_usable(*records.front()->host);
  cell.kept_awake = !records.front()->host->idle.empty();
  cell.peers = records.front()->host->peers;
  if (ok.empty()) return cell;

  cell.throughputs_per_s = each(ok, [](const Repetition& r) { return r.throughput_per_s; });
  const double step = throughput_step_of(ok);
  cell.throughput = estimate(cell.throughputs_per_s, {.resolution = step});
  if (cell.throughput.mean > 0) cell.throughput_resolution = step / cell.throughput.mean;
  Repetitions with_tasks = ok;
  std::erase_if(with_tasks, [](const Repetition* record) { return record->tasks == 0 || record->tasks_timed == 0; });
  if (!with_tasks.empty()) {
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
  }

  cell.ideal_per_s = mean_known(ok, [](const Repetition& r) { return r.ideal_per_s; });
  cell.demand_cpus_us = each(ok, [](const Repetition& r) { return r.demand_cpu_us; });
  cell.demand_waits_us = each(ok, [](const Repetition& r) { return r.demand_wait_us; });
  cell.demand_branch_us = mean_known(ok, [](const Repetition& r) { return r.demand_path_us; });
  cell.demand_lock_us = mean_known(ok, [](const Repetition& r) { return r.demand_lock_us; });
  cell.demand_cpu_us = mean_known(ok, [](const Repetition& r) { return r.demand_cpu_us; });
  cell.demand_wait_us = mean_known(ok, [](const Repetition& r) { return r.demand_wait_us; });
  cell.demand_path_us = cell.demand_branch_us > 0 ? cell.demand_branch_us : cell.demand_cpu_us + cell.demand_wait_us;
  cell.cpu_per_task_us = mean_known(ok, [](const Repetition& r) { return r.cpu_per_task_us; });
  cell.cpus_per_task_us = each(ok, [](const Repetition& r) { return r.cpu_per_task_us; });
  const auto cpu_share = [](const Repetition& r) { return r.window_s > 0 ? r.cpu_s / r.window_s : 0; };
  cell.cpu_share = mean_known(ok, cpu_share);
  cell.least_cpu_share = smallest_known(ok, cpu_share);
  cell.most_cpu_share = largest(ok, cpu_share);
  cell.least_used_cpus =
      smallest_known(ok, [&](const Repetition& r) { return cpu_share(r) > 0 ? cpu_share(r) + r.peer_cpu_share : 0; });
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
  cell.least_tasks =
      static_cast<std::uint64_t>(smallest(with_tasks, [](const Repetition& r) { return r.tasks_timed; }));

  const auto per_task = [&](auto count) {
    return mean_of(each(
        with_tasks, [&](const Repetition& r) { return static_cast<double>(count(r)) / static_cast<double>(r.tasks); }));
  };
  cell.switches_voluntary_per_task = per_task([](const Repetition& r) { return r.context_switches_voluntary; });
  cell.switches_involuntary_per_task = per_task([](const Repetition& r) { return r.context_switches_involuntary; });
  cell.units_per_task = mean_known(ok, [](const Repetition& r) {
    return r.tasks_total > 0 ? static_cast<double>(r.units_created) / static_cast<double>(r.tasks_total) : 0;
  });
  cell.os_threads = static_cast<std::uint32_t>(largest(ok, [](const Repetition& r) { return r.os_threads; }));
  for (const Repetition* record : ok) {
    cell.tasks += record->tasks_timed;
    cell.digests[record->seed] = record->digest;
  }

  cell.peer_cpu_share = mean_of(each(ok, [](const Repetition& r) { return r.peer_cpu_share; }));
  std::vector<double> foreign;  // of the repetitions that know it, of which some may be 0
  for (const Repetition* record : ok) {
    if (record->foreign_cpu_share) foreign.push_back(*record->foreign_cpu_share);
  }
  cell.knows_foreign = !foreign.empty();
  cell.foreign_cpu_share = mean_of(foreign);

  if (cell.spec.load.kind == LoadKind::open) {
    cell.arrived = arrived_of(ok);
    const std::vector<double> shares = each(ok, served_share);
    cell.served_share = mean_of(shares);
    cell.least_served_share = smallest_of(shares);
  }

  cell.worst_peer_cpu_share = largest(ok, [](const Repetition& r) { return r.peer_cpu_share; });
  cell.worst_other_cpu_share =
      largest(ok, [](const Repetition& r) { return r.foreign_cpu_share.value_or(0) - r.steal_share.value_or(0); });
  const auto of_own_cpu = [](const Repetition& r, double cpus) {
    return r.cpu_s > 0 ? cpus * r.window_s / r.cpu_s : 0;
  };
  cell.worst_compiler_share = largest(ok, [&](const Repetition& r) { return of_own_cpu(r, r.compiler_cpu_share); });
  cell.worst_collector_share = largest(ok, [&](const Repetition& r) { return of_own_cpu(r, r.collector_cpu_share); });
  cell.worst_steal_share = largest(ok, [](const Repetition& r) { return r.steal_share.value_or(0); });
  const auto most_bytes = [&](auto get) { return static_cast<std::uint64_t>(largest(ok, get)); };
  cell.peak_rss_bytes = most_bytes([](const Repetition& r) { return r.peak_rss_bytes; });
  cell.peak_kernel_bytes = most_bytes([](const Repetition& r) { return r.peak_kernel_bytes; });
  cell.peak_virtual_bytes = most_bytes([](const Repetition& r) { return r.peak_virtual_bytes; });
  cell.peak_memory_bytes = most_bytes([](const Repetition& r) { return r.peak_rss_bytes + r.peak_kernel_bytes; });
  cell.bytes_per_task = mean_known(ok, [](const Repetition& r) { return r.bytes_per_task; });
  cell.bytes_per_tasks = each(ok, [](const Repetition& r) { return r.bytes_per_task; });
  const std::vector<double> spreads = each(ok, [](const Repetition& r) { return r.slot_spread; });
  cell.worst_slot_spread = std::ranges::min(spreads) == 0 ? 0 : std::ranges::max(spreads);
  return cell;
}

// The baseline of a runtime that tells what a task takes: with as few tasks in flight as there is.
const Cell* demands_in(const std::vector<Cell>& cells, const std::string& runtime) {
  const Cell* found = nullptr;
  for (const Cell& cell : cells) {
    const bool tells = cell.is_baseline() && cell.measured() && cell.demand_cpu_us + cell.demand_wait_us > 0;
    if (!tells || cell.spec.runtime_name != runtime) continue;
    if (found == nullptr || cell.spec.load.concurrency < found->spec.load.concurrency) found = &cell;
  }
  return found;
}

// The ideal of a cell and how sure that is: the demands differ from one repetition of the baseline to the next, too.
void set_efficiency(const Cell* baseline, Cell& cell) {
  std::vector<double> ideals;
  const auto ideal_at = [&](double cpu_us, double wait_us) {
    const Demands demands{
        .cpu_us = cpu_us, .wait_us = wait_us, .path_us = cell.demand_branch_us, .lock_us = cell.demand_lock_us};
    return ideal_throughput(demands, cell.spec.workers, slots_in_use(cell.spec.load), cell.cpus);
  };
  // Its own chain may be cut for its workers; one that it does not know is its baseline's.
  if (baseline != nullptr && cell.demand_branch_us == 0) cell.demand_branch_us = baseline->demand_branch_us;
  const double ideal = baseline == nullptr ? 0 : ideal_at(baseline->demand_cpu_us, baseline->demand_wait_us);
  if (ideal > 0) {
    cell.ideal_per_s = ideal;
    cell.demand_cpu_us = baseline->demand_cpu_us;
    cell.demand_wait_us = baseline->demand_wait_us;
    cell.demand_path_us = cell.demand_branch_us > 0 ? cell.demand_branch_us : cell.demand_cpu_us + cell.demand_wait_us;
    for (std::size_t i = 0; i < baseline->demand_cpus_us.size(); ++i) {
      if (baseline->demand_cpus_us[i] + baseline->demand_waits_us[i] <= 0) continue;
      const double one = ideal_at(baseline->demand_cpus_us[i], baseline->demand_waits_us[i]);
      if (one > 0) ideals.push_back(one);
    }
  }
  if (cell.ideal_per_s <= 0) return;
  cell.efficiency = cell.throughput.mean / cell.ideal_per_s;
  if (!cell.throughput.has_interval()) {
    cell.efficiency_interval = {0, INFINITY};
    return;
  }
  // The two do not scatter alike, so that their errors are not pooled: independent relative errors add up as squares.
  // Of an ideal that was found once nothing is known, and it adds none.
  const double error = std::hypot(cell.throughput.relative_half_width(), estimate(ideals).relative_half_width());
  cell.efficiency_interval = {cell.efficiency * std::max(0.0, 1 - error), cell.efficiency * (1 + error)};
}

void set_efficiencies(std::vector<Cell>& cells) {
  for (Cell& cell : cells) {
    if (cell.measured()) set_efficiency(demands_in(cells, cell.spec.runtime_name), cell);
  }
}

Interval interval_of_speedup(const Cell& base, const Cell& cell) {
  return interval_of_ratio(base.throughputs_per_s, cell.throughputs_per_s,
                           std::max(base.throughput_resolution, cell.throughput_resolution));
}

void set_speedups(std::vector<Cell>& cells) {
  for (Cell& cell : cells) {
    if (!cell.measured() || cell.spec.load.kind == LoadKind::open) continue;  // its throughput is what was offered
    const auto baseline = std::ranges::find_if(cells, [&](const Cell& c) {
      return c.is_baseline() && c.measured() && c.spec.runtime_name == cell.spec.runtime_name;
    });
    if (baseline != cells.end() && baseline->throughput.mean > 0) {
      cell.speedup_over_sequential = cell.throughput.mean / baseline->throughput.mean;
      const bool itself = &cell == &*baseline;
      cell.speedup_over_sequential_interval = itself ? Interval{1, 1} : interval_of_speedup(*baseline, cell);
    }
    const CellKey one = cell_key(cell.spec).on_workers(1);
    const auto found = std::ranges::find_if(
        cells, [&](const Cell& c) { return c.measured() && c.throughput.mean > 0 && cell_key(c.spec) == one; });
    if (found == cells.end()) continue;
    cell.speedup_over_one_worker = cell.throughput.mean / found->throughput.mean;
    const bool itself = &cell == &*found;
    cell.speedup_over_one_worker_interval = itself ? Interval{1, 1} : interval_of_speedup(*found, cell);
  }
}

void sort_cells(std::vector<Cell>& cells) {
  // How good a model is at its best: less is better.
  std::map<std::string, double> best;
  for (const Cell& cell : cells) {
    const bool open = cell.spec.load.kind == LoadKind::open;
    // Baselines first, and the native one before the others.
    double score = cell.is_baseline() ? (cell.is_foreign() ? -std::numeric_limits<double>::max() : -INFINITY)
                   : open             ? cell.response.p99_us
                                      : -cell.throughput.mean;
    if (open && !cell.is_baseline() && !cell.knows_percentile(0.99)) score = INFINITY;
    if (!cell.measured() && !cell.is_baseline()) score = INFINITY;
    const auto [at, is_new] = best.emplace(cell.label(), score);
    if (!is_new) at->second = std::min(at->second, score);
  }
  std::ranges::stable_sort(cells, {}, [&](const Cell& cell) {
    return std::make_tuple(best[cell.label()], cell.label(), cell.spec.load.concurrency, cell.spec.load.rate_per_s,
                           cell.spec.load.tasks, cell.spec.workers);
  });
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

std::vector<Block> blocks_of(const Trials& trials) {
  std::map<BlockKey, std::map<CellKey, const Trials::Cell*>> grouped;
  for (const auto& [key, cell] : trials.cells()) grouped[key.block()][key] = &cell;
  std::vector<Block> blocks;
  for (const auto& [block, cells] : grouped) {
    Block& out = blocks.emplace_back();
    for (const auto& [key, cell] : cells) out.cells.push_back(cell_of(*cell));
    set_efficiencies(out.cells);
    set_speedups(out.cells);
    sort_cells(out.cells);
  }
  return blocks;
}

std::vector<Block> blocks_of(std::span<const TrialRecord> records) { return blocks_of(Trials(records)); }

}  // namespace cbench
