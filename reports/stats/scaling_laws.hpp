// Which scaling law a sweep follows, if any, with intervals, and that in plain words. Pure functions from points to a
// fit: the table, the files and `cbench fit` all ask here, so that one set of points has one answer.
#pragma once

#include <cstdint>
#include <span>

#include "reports/stats/scaling_fit.hpp"

namespace cbench {

struct ScalingOptions {
  ScalingAxis axis = ScalingAxis::workers;
  Weighting weighting = Weighting::automatic;
  bool fixed_time = false;  // the work grows with n and the time stays: Gustafson's law may be chosen too
  double residence_s = 0;   // tasks in flight: how long a task takes alone; 0: from the smallest n
  std::uint32_t resamples = 1000;
  std::uint64_t seed = 1;
  double confidence = 0.95;
};

// Points may come in any order; those that are not finite or not above 0 in n are ignored. Never throws.
ScalingFit fit_scaling(std::span<const ScalingPoint> points, const ScalingOptions& options = {});

// Karp and Flatt's experimentally determined serial fraction. n > 1.
double karp_flatt(double speedup, double n);

}  // namespace cbench
