// Whether a trial's throughput drifts over its window: then it has no steady state, and its mean is that of no state
// at all.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace cbench {

struct DriftOptions {
  double least_change = 0.05;  // over the window, relative; less is no drift, however sure
  double level = 0.01;         // false alarms
};

struct Drift {
  bool drifts = false;
  double relative_change = 0;  // over the window, of the median: -0.1 where throughput falls by 10 %
  double p = 1;                // two-sided
  std::size_t slices = 0;
  std::string sentence;  // "no steady state: ..." where it drifts, else empty
};

// The slope is Theil and Sen's, the median of the slopes between all pairs of slices; its significance Mann and
// Kendall's with Yue and Wang's correction (2004) for slices that remember the one before. Fewer than eight slices say
// nothing.
Drift drift_of(std::span<const double> series_per_s, const DriftOptions& options = {});

}  // namespace cbench
