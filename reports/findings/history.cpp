#include "reports/findings/history.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "record/cell_key.hpp"

namespace cbench {
namespace {

using Records = std::vector<const TrialRecord*>;

RunOfCell run_of(const Records& records) {
  RunOfCell run{.started_at = records.front()->started_at, .throughput = {}, .values = {}};
  double resolution = 0;
  for (const TrialRecord* record : records) {
    run.values.push_back(record->throughput_per_s);
    const bool counts = record->spec.load.kind != LoadKind::fixed && record->window_s > 0;
    if (counts) resolution = std::max(resolution, 1 / record->window_s);
  }
  run.throughput = estimate(run.values, {.resolution = resolution});
  return run;
}

std::vector<RunOfCell> runs_of(Records records) {
  std::ranges::stable_sort(records, {}, &TrialRecord::started_at);
  std::vector<RunOfCell> runs;
  Records run;
  std::set<std::uint32_t> repetitions;
  for (const TrialRecord* record : records) {
    if (!repetitions.insert(record->spec.repetition).second) {
      runs.push_back(run_of(run));
      run.clear();
      repetitions = {record->spec.repetition};
    }
    run.push_back(record);
  }
  if (!run.empty()) runs.push_back(run_of(run));
  return runs;
}

}  // namespace

std::vector<CellHistory> histories_of(const Block& block, std::span<const TrialRecord> records) {
  std::map<CellKey, Records> grouped;
  for (const TrialRecord& record : records) {
    if (is_finding(record.status) && !record.started_at.empty()) grouped[cell_key(record.spec)].push_back(&record);
  }
  std::vector<CellHistory> histories;
  for (const Cell& cell : block.cells) {
    const auto of_cell = grouped.find(cell_key(cell.spec));
    if (of_cell == grouped.end()) continue;
    CellHistory history{.cell = &cell, .runs = runs_of(of_cell->second)};
    if (history.runs.size() > 1) histories.push_back(std::move(history));
  }
  return histories;
}

}  // namespace cbench
