#include "reports/findings/history.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "record/cell_key.hpp"
#include "reports/findings/resolution.hpp"

namespace cbench {
namespace {

using Repetitions = std::vector<const Repetition*>;

RunOfCell run_of(const Repetitions& trials) {
  RunOfCell run{.started_at = trials.front()->started_at, .throughput = {}, .values = {}};
  double resolution = 0;
  for (const Repetition* trial : trials) {
    run.values.push_back(trial->throughput_per_s);
    resolution =
        std::max(resolution, throughput_step_per_s(trial->asked->load, trial->window_s, trial->throughput_per_s));
  }
  run.throughput = estimate(run.values, {.resolution = resolution});
  return run;
}

std::vector<RunOfCell> runs_of(Repetitions trials) {
  std::ranges::stable_sort(trials, {}, &Repetition::started_at);
  std::vector<RunOfCell> runs;
  Repetitions run;
  std::set<std::uint32_t> repetitions;
  for (const Repetition* trial : trials) {
    if (!repetitions.insert(trial->repetition).second) {
      runs.push_back(run_of(run));
      run.clear();
      repetitions = {trial->repetition};
    }
    run.push_back(trial);
  }
  if (!run.empty()) runs.push_back(run_of(run));
  return runs;
}

}  // namespace

std::vector<CellHistory> histories_of(const Block& block, const Trials& trials) {
  std::vector<CellHistory> histories;
  for (const Cell& cell : block.cells) {
    const auto of_cell = trials.cells().find(cell_key(cell.spec));
    if (of_cell == trials.cells().end()) continue;
    Repetitions measured;
    for (const Repetition& trial : of_cell->second.repetitions) {
      if (is_finding(trial.status) && !trial.started_at.empty()) measured.push_back(&trial);
    }
    CellHistory history{.cell = &cell, .runs = runs_of(std::move(measured))};
    if (history.runs.size() > 1) histories.push_back(std::move(history));
  }
  return histories;
}

}  // namespace cbench
