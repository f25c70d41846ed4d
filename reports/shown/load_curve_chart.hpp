// Response time against load in characters: p99 and p50 of each model by the rate that was offered.
#pragma once

#include <span>
#include <string>

#include "reports/findings/laws/load_curves.hpp"
#include "reports/shown/line_chart.hpp"
#include "reports/shown/palette.hpp"

namespace cbench {

// Within a screen of 24 lines where models are few; a line breaks where a rate says nothing about the model. Empty
// where no curve has a percentile at three rates. `models` says how each is drawn.
std::string load_curve_chart(std::span<const LoadCurve* const> curves, std::span<const DrawnModel> models,
                             const ChartOptions& options);

}  // namespace cbench
