// What `cbench curve` found, for people and for programs (docs/curve.md).
#pragma once

#include <cstddef>
#include <string>

#include "reports/shown/line_chart.hpp"
#include "sweep/curve/curve_trials.hpp"

namespace cbench {

// The table, what there is to say about it, and the chart.
std::string curve_text(const CurveResult& result, const ChartOptions& options);

std::string curve_json(const CurveResult& result);

}  // namespace cbench
