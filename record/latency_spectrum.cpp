#include "record/latency_spectrum.hpp"

#include <cmath>

namespace cbench {
namespace {

constexpr int ticks_per_half_distance = 5;

// 5 steps from 0 to 50, 5 from 50 to 75, 5 from 75 to 87.5 and so on: from the number of the tick, so that the ticks of
// a total of any size come to an end, where adding steps to a percentile stands still once it rounds to 100.
double percentile_of_tick(int tick) {
  const int halvings = tick / ticks_per_half_distance;
  const double distance = 100 * std::exp2(-halvings);  // from the tick at which this half begins to 100
  return 100 - distance + distance / (2 * ticks_per_half_distance) * (tick % ticks_per_half_distance);
}

}  // namespace

std::vector<SpectrumPoint> spectrum_of(const Histogram& histogram) {
  std::vector<SpectrumPoint> points;
  const auto total = static_cast<double>(histogram.total());
  const double finest = 100 * (1 - 1 / total);  // no tick stands for less than one task
  int tick = 0;
  std::uint64_t seen = 0;
  for (const auto& [index, times] : histogram.counts()) {
    seen += times;
    const double value_us = static_cast<double>(HistogramLayout::highest_at(index)) / 1e3;
    const double reached = 100 * static_cast<double>(seen) / total;
    for (double next = percentile_of_tick(tick); next <= reached && next <= finest && next < 100;
         next = percentile_of_tick(++tick)) {
      points.push_back({.percentile = next, .value_us = value_us, .count = seen});
    }
    if (seen == histogram.total()) points.push_back({.percentile = 100, .value_us = value_us, .count = seen});
  }
  return points;
}

}  // namespace cbench
