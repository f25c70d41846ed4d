#include "reports/findings/cells/cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "reports/findings/ideal.hpp"
#include "reports/stats/comparison.hpp"

namespace cbench {
namespace {

// The baseline of a cell's runtime that tells what a task takes: with as few tasks in flight as there is; of fixed work
// the one of the most similar number of tasks, since some kinds may come late.
const Cell* demands_in(const std::vector<Cell>& cells, const TrialSpec& spec) {
  const auto distance = [&](const Cell& cell) {
    const double times = (1 + static_cast<double>(cell.spec.load.tasks)) / (1 + static_cast<double>(spec.load.tasks));
    return std::pair(cell.spec.load.concurrency, std::abs(std::log(times)));
  };
  const Cell* found = nullptr;
  for (const Cell& cell : cells) {
    const bool tells = cell.is_baseline() && cell.measured() && cell.demand_cpu_us + cell.demand_wait_us > 0;
    if (!tells || cell.spec.runtime_name != spec.runtime_name) continue;
    if (found == nullptr || distance(cell) < distance(*found)) found = &cell;
  }
  return found;
}

// The ideal of a cell and how sure that is: the demands differ from one repetition of the baseline to the next, too.
void set_efficiency(const Cell* baseline, Cell& cell) {
  std::vector<double> ideals;
  const auto ideal_at = [&](double cpu_us, double wait_us) {
    // That of the lock was timed apart: nobody holds it for longer than the whole task takes.
    const Demands demands{.cpu_us = cpu_us,
                          .wait_us = wait_us,
                          .path_us = cell.demand_branch_us,
                          .lock_us = std::min(cell.demand_lock_us, cpu_us + wait_us),
                          .shortest_us = cell.demand_shortest_us};
    return ideal_throughput(demands, cell.spec.workers, cell.spec.load, cell.cpus);
  };
  if (baseline != nullptr) cell.demand_shortest_us = baseline->demand_shortest_us;
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

// Whether some repetition of the runtime's baseline was over before a task was: what the others met are the short ones.
bool knows_survivors_alone(const std::vector<Cell>& cells, const std::string& runtime) {
  return std::ranges::any_of(cells, [&](const Cell& cell) {
    return cell.is_baseline() && cell.spec.runtime_name == runtime &&
           std::ranges::any_of(cell.failures, [](const Failure& f) { return finished_nothing(f.status, f.reason); });
  });
}

void set_efficiencies(std::vector<Cell>& cells) {
  for (Cell& cell : cells) {
    if (knows_survivors_alone(cells, cell.spec.runtime_name)) {
      cell.ideal_per_s = 0;
    } else if (cell.measured()) {
      set_efficiency(demands_in(cells, cell.spec), cell);
    }
  }
}

Interval interval_of_speedup(const Cell& base, const Cell& cell) {
  return interval_of_ratio(base.throughputs_per_s, cell.throughputs_per_s,
                           std::max(base.throughput_resolution, cell.throughput_resolution));
}

void set_speedups(std::vector<Cell>& cells) {
  for (Cell& cell : cells) {
    if (!cell.measured() || cell.spec.load.kind == LoadKind::open) continue;  // its throughput is what was offered
    // Of fixed work it may have run more tasks than were asked for, to tell what one takes: it got warm, and they did
    // not.
    const auto baseline = std::ranges::find_if(cells, [&](const Cell& c) {
      return c.is_baseline() && c.measured() && c.spec.runtime_name == cell.spec.runtime_name &&
             c.spec.load.tasks <= cell.spec.load.tasks;
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

}  // namespace

std::vector<Block> blocks_of(const Trials& trials) {
  std::map<BlockKey, std::vector<const Trials::Cells::value_type*>> grouped;
  for (const auto& cell : trials.cells()) grouped[cell.first.block()].push_back(&cell);
  std::vector<Block> blocks;
  blocks.reserve(grouped.size());
  for (auto& [block, cells] : grouped) {
    std::ranges::sort(cells, [](const auto* a, const auto* b) { return a->first < b->first; });
    Block& out = blocks.emplace_back();
    out.cells.reserve(cells.size());
    for (const auto* cell : cells) out.cells.push_back(cell_of(cell->second));
    set_efficiencies(out.cells);
    set_speedups(out.cells);
    sort_cells(out.cells);
  }
  return blocks;
}

std::vector<Block> blocks_of(std::span<const TrialRecord> records) { return blocks_of(Trials(records)); }

}  // namespace cbench
