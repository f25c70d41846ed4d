// The distribution of a time as HdrHistogram's percentile plots show it: the further towards the slowest tasks, the
// finer, so that the one task in 10,000 takes as much room as the median.
#pragma once

#include <cstdint>
#include <vector>

#include "record/histogram.hpp"

namespace cbench {

struct SpectrumPoint {
  double percentile = 0;    // 0 to 100
  double value_us = 0;      // at this percentile, times are at most this
  std::uint64_t count = 0;  // tasks whose time was at most this
};

// At HdrHistogram's percentile ticks: 5 to each half of the distance that is left to 100, down to one task, and 100 at
// the end. Nothing of an empty histogram.
std::vector<SpectrumPoint> spectrum_of(const Histogram& histogram);

}  // namespace cbench
