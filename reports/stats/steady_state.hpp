// Whether a trial's throughput drifts over its window: then it has no steady state, and its mean is that of no state
// at all.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace cbench {

inline constexpr std::size_t fewest_slices = 8;                         // of a series that can be judged
inline constexpr std::string_view no_steady_state = "no steady state";  // how the sentence on a drift begins

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

// The change is that of Theil and Sen's slope, the median of the slopes between all pairs of slices, or the one from
// the first third of the slices to the last, whichever is larger. Its significance is the better of Mann and Kendall's
// test of order and a test of that change beside the noise, times two for the choice; both with Yue and Wang's
// correction (2004) for slices that remember the one before. Fewer than eight slices say nothing.
Drift drift_of(std::span<const double> series_per_s, const DriftOptions& options = {});

}  // namespace cbench
