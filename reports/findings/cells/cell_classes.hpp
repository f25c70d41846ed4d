// The response times of a cell by class of task: where tasks differ in kind, a percentile over all of them tells of
// none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "record/trials.hpp"
#include "reports/findings/cells/percentiles.hpp"

namespace cbench {

struct CellClass {
  std::string name;
  std::uint64_t tasks = 0;        // of all repetitions
  std::uint64_t least_tasks = 0;  // of one
  PercentilesFrom percentiles = PercentilesFrom::nothing;
  Latency response;

  // As of Cell::knows_percentile, by the tasks of the class alone.
  bool knows_percentile(double fraction) const;
};

// In the order of their names; none where tasks are of one kind. `repetitions`: those of one cell that are ok.
std::vector<CellClass> classes_of(std::span<const Repetition* const> repetitions);

}  // namespace cbench
