// Which cells of a sweep lie on one curve, and over what it scales: decided here once, for the table, `cbench fit` and
// every file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/stats/scaling_laws.hpp"

namespace cbench {

// One model on one workload, with all but the axis the same.
struct ScalingCurve {
  std::string label;  // the model with its settings
  std::string workload;
  TextMap parameters;
  std::uint32_t fixed = 0;  // the tasks in flight of a curve over workers, the workers of one over tasks in flight
  std::vector<ScalingPoint> points;
  ScalingOptions options;
};

// The curves with two counts or more, of every model but the baseline.
//
// CPU-bound work goes over workers; counts beyond the allowed CPUs are marked. Work that waits goes over the tasks in
// flight, for Little's law and never Amdahl's; over workers only where more of them bring more than the bound
// C / (D_cpu + D_wait) of tasks that do one thing after the other: then it is the pieces of one task that overlap.
std::vector<ScalingCurve> curves_of(const Block& block);

// The curves over the one axis, whatever bounds the work.
std::vector<ScalingCurve> curves_over(const Block& block, ScalingAxis axis);

}  // namespace cbench
