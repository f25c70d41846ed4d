// How a cell's throughput went from run to run: each run of `cbench run` a point, with the interval of its repetitions.
#pragma once

#include <string>
#include <vector>

#include "record/trials.hpp"
#include "reports/findings/cells/cells.hpp"
#include "reports/stats/estimate.hpp"

namespace cbench {

// The repetitions of a cell in one run.
struct RunOfCell {
  std::string started_at;      // of the first of them: UTC, ISO 8601
  Estimate throughput;         // tasks a second
  std::vector<double> values;  // by repetition, in the order in which they were measured
};

struct CellHistory {
  const Cell* cell = nullptr;
  std::vector<RunOfCell> runs;  // the earliest first; two or more
};

// Of the block's cells that were measured in several runs, in the order of the cells. A run of a cell ends where, in
// the order of time, a repetition comes again that it has already. Trials that are not ok or do not say when they
// started are left out. They point into the block.
std::vector<CellHistory> histories_of(const Block& block, const Trials& trials);

}  // namespace cbench
