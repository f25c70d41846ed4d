#include "record/latency_spectrum.hpp"

#include <algorithm>
#include <cmath>

namespace cbench {
namespace {

constexpr double ticks_per_half_distance = 5;

// 5 steps from 0 to 50, 5 from 50 to 75, 5 from 75 to 87.5 and so on.
double tick_after(double percentile) {
  const double halvings = std::floor(std::log2(100 / (100 - percentile))) + 1;
  return percentile + 100 / (ticks_per_half_distance * std::exp2(halvings));
}

}  // namespace

std::vector<SpectrumPoint> spectrum_of(const Histogram& histogram) {
  std::vector<SpectrumPoint> points;
  const auto total = static_cast<double>(histogram.total());
  const auto counts = histogram.counts();
  const double finest = 100 * (1 - 1 / total);  // no tick stands for less than one task
  double tick = 0;
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < counts.size() && seen < histogram.total(); ++i) {
    if (counts[i] == 0) continue;
    seen += counts[i];
    const double value_us = static_cast<double>(HistogramLayout::highest_at(i)) / 1e3;
    const double reached = 100 * static_cast<double>(seen) / total;
    while (tick <= std::min(reached, finest)) {
      points.push_back({.percentile = tick, .value_us = value_us, .count = seen});
      tick = tick_after(tick);
    }
    if (seen == histogram.total()) points.push_back({.percentile = 100, .value_us = value_us, .count = seen});
  }
  return points;
}

}  // namespace cbench
