#include "reports/findings/cells.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>
#include <gsl/gsl_cdf.h>

#include "record/cell_key.hpp"
#include "reports/findings/completion.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/stats/comparison.hpp"

namespace cbench {
namespace {

using Records = std::vector<const TrialRecord*>;

template <class Get>
std::vector<double> each(const Records& records, Get get) {
  std::vector<double> values;
  for (const TrialRecord* record : records) values.push_back(static_cast<double>(get(*record)));
  return values;
}

// Over the records that know it.
template <class Get>
double mean_known(const Records& records, Get get) {
  std::vector<double> values = each(records, get);
  std::erase(values, 0.0);
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

template <class Get>
double largest(const Records& records, Get get) {
  const std::vector<double> values = each(records, get);
  return values.empty() ? 0 : std::ranges::max(values);
}

Latency merge(const Records& records, Latency TrialRecord::*latency) {
  // The tasks of all trials, whichever records hold them: a sweep keeps those of a cell in one.
  Histogram merged;
  std::uint64_t tasks = 0;
  bool in_each = true;
  for (const TrialRecord* record : records) {
    tasks += record->tasks;
    const auto& histogram = (record->*latency).histogram;
    if (histogram) merged.merge(*histogram);
    in_each = in_each && histogram;
  }
  if (in_each || merged.total() == tasks) return summarise(std::move(merged));
  const auto middle = [&](double Latency::*value) {
    return median_of(each(records, [&](const TrialRecord& record) { return record.*latency.*value; }));
  };
  return {.mean_us = middle(&Latency::mean_us),
          .p50_us = middle(&Latency::p50_us),
          .p90_us = middle(&Latency::p90_us),
          .p99_us = middle(&Latency::p99_us),
          .p999_us = middle(&Latency::p999_us),
          .max_us = largest(records, [&](const TrialRecord& record) { return (record.*latency).max_us; })};
}

Cell cell_of(Records records) {
  // As they were asked for, whatever order the sweep ran them in.
  std::ranges::stable_sort(records, {}, [](const TrialRecord* record) { return record->spec.repetition; });
  Cell cell;
  cell.spec = records.front()->spec;
  Records ok;
  for (const TrialRecord* record : records) {
    cell.unsteady += record->steady_state == false ? 1 : 0;
    for (const std::string& warning : record->warnings) {
      if (warns_of_drift(warning)) continue;
      if (std::ranges::find(cell.warnings, warning) == cell.warnings.end()) cell.warnings.push_back(warning);
    }
    if (record->status == Status::ok) {
      ok.push_back(record);
    } else {
      cell.failures.push_back({record->status, record->reason, record->spec.repetition, record->spec.seed});
    }
  }
  cell.cpus = cpus_usable(records.front()->host);
  if (ok.empty()) return cell;

  cell.throughputs_per_s = each(ok, [](const TrialRecord& r) { return r.throughput_per_s; });
  cell.throughput = estimate(cell.throughputs_per_s);
  Records with_tasks = ok;
  std::erase_if(with_tasks, [](const TrialRecord* record) { return record->tasks == 0; });
  if (!with_tasks.empty()) {
    cell.queueing = merge(with_tasks, &TrialRecord::queueing);
    cell.service = merge(with_tasks, &TrialRecord::service);
    cell.response = merge(with_tasks, &TrialRecord::response);
    cell.response_p50s_us = each(with_tasks, [](const TrialRecord& r) { return r.response.p50_us; });
    cell.response_p99s_us = each(with_tasks, [](const TrialRecord& r) { return r.response.p99_us; });
    cell.response_p50_us = estimate(cell.response_p50s_us);
    cell.response_p99_us = estimate(cell.response_p99s_us);
    cell.percentiles = cell.response.histogram ? PercentilesFrom::histogram : PercentilesFrom::medians;
  }

  cell.ideal_per_s = mean_known(ok, [](const TrialRecord& r) { return r.ideal_per_s; });
  cell.efficiency = cell.ideal_per_s > 0 ? cell.throughput.mean / cell.ideal_per_s : 0;
  cell.demand_cpu_us = mean_known(ok, [](const TrialRecord& r) { return r.demand_cpu_us; });
  cell.demand_wait_us = mean_known(ok, [](const TrialRecord& r) { return r.demand_wait_us; });
  cell.demand_path_us = mean_known(ok, [](const TrialRecord& r) {
    return r.demand_path_us > 0 ? r.demand_path_us : r.demand_cpu_us + r.demand_wait_us;
  });
  cell.cpu_per_task_us = mean_known(ok, [](const TrialRecord& r) { return r.cpu_per_task_us; });
  cell.cpu_share = mean_known(ok, [](const TrialRecord& r) { return r.window_s > 0 ? r.cpu_s / r.window_s : 0; });
  cell.tasks_per_slot = mean_known(
      ok, [](const TrialRecord& r) { return static_cast<double>(r.tasks) / std::max(1U, r.spec.load.concurrency); });

  const auto per_task = [&](auto count) {
    return mean_of(each(with_tasks, [&](const TrialRecord& r) {
      return static_cast<double>(count(r)) / static_cast<double>(r.tasks);
    }));
  };
  cell.switches_voluntary_per_task = per_task([](const TrialRecord& r) { return r.context_switches_voluntary; });
  cell.switches_involuntary_per_task = per_task([](const TrialRecord& r) { return r.context_switches_involuntary; });
  cell.units_per_task = mean_known(ok, [](const TrialRecord& r) {
    return r.tasks_total > 0 ? static_cast<double>(r.units_created) / static_cast<double>(r.tasks_total) : 0;
  });
  cell.os_threads = static_cast<std::uint32_t>(largest(ok, [](const TrialRecord& r) { return r.os_threads; }));
  for (const TrialRecord* record : ok) {
    cell.tasks += record->tasks;
    cell.digests[record->spec.seed] = record->digest;
  }

  cell.peer_cpu_share = mean_known(ok, [](const TrialRecord& r) { return r.peer_cpu_share; });
  cell.foreign_cpu_share = mean_known(ok, [](const TrialRecord& r) { return r.foreign_cpu_share; });

  cell.worst_peer_cpu_share = largest(ok, [](const TrialRecord& r) { return r.peer_cpu_share; });
  cell.worst_other_cpu_share = largest(ok, [](const TrialRecord& r) { return r.foreign_cpu_share - r.steal_share; });
  cell.worst_steal_share = largest(ok, [](const TrialRecord& r) { return r.steal_share; });
  cell.peak_rss_bytes = static_cast<std::uint64_t>(largest(ok, [](const TrialRecord& r) { return r.peak_rss_bytes; }));
  const std::vector<double> spreads = each(ok, [](const TrialRecord& r) { return r.slot_spread; });
  cell.worst_slot_spread = std::ranges::min(spreads) == 0 ? 0 : std::ranges::max(spreads);
  return cell;
}

Interval interval_of_speedup(const Cell& base, const Cell& cell) {
  return interval_of_ratio(base.throughputs_per_s, cell.throughputs_per_s, {.middle = Middle::mean});
}

void set_speedups(std::vector<Cell>& cells) {
  const auto baseline = std::ranges::find_if(cells, [](const Cell& c) { return c.is_baseline() && c.measured(); });
  for (Cell& cell : cells) {
    if (!cell.measured()) continue;
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
    double score = cell.is_baseline() ? -INFINITY : open ? cell.response.p99_us : -cell.throughput.mean;
    if (!cell.measured() && !cell.is_baseline()) score = INFINITY;
    const auto [at, is_new] = best.emplace(cell.label(), score);
    if (!is_new) at->second = std::min(at->second, score);
  }
  std::ranges::stable_sort(cells, {}, [&](const Cell& cell) {
    return std::make_tuple(best[cell.label()], cell.label(), cell.spec.load.concurrency, cell.spec.load.rate_per_s,
                           cell.spec.load.tasks, cell.spec.workers);
  });
}

}  // namespace

std::string Cell::label() const {
  std::string out = spec.model;
  char before = ':';
  for (const auto& [name, value] : spec.settings) {
    out += fmt::format("{}{}={}", before, name, value);
    before = ',';
  }
  return out;
}

std::vector<FailureKind> Cell::failure_kinds() const {
  std::vector<FailureKind> kinds;
  for (const Failure& failure : failures) {
    const auto same = [&](const FailureKind& kind) {
      return kind.status == failure.status && kind.reason == failure.reason;
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

std::vector<Block> blocks_of(std::span<const TrialRecord> records) {
  std::map<BlockKey, std::map<CellKey, Records>> grouped;
  for (const TrialRecord& record : records) {
    const CellKey key = cell_key(record.spec);
    grouped[key.block()][key].push_back(&record);
  }
  std::vector<Block> blocks;
  for (const auto& [block, cells] : grouped) {
    Block& out = blocks.emplace_back();
    for (const auto& [key, repetitions] : cells) out.cells.push_back(cell_of(repetitions));
    set_speedups(out.cells);
    sort_cells(out.cells);
  }
  return blocks;
}

}  // namespace cbench
