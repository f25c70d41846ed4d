// METG, minimum effective task granularity (E. Slaughter et al., Task Bench, 2020): the smallest task at which a model
// still keeps a given efficiency. What a runtime costs a task, in a number that a designer can use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/resampling.hpp"

namespace cbench {

// One repetition: tasks of this size ran at this efficiency (throughput over the ideal).
struct GranularityPoint {
  double task_s = 0;
  double efficiency = 0;
};

struct Metg {
  double target = 0;
  std::optional<double> task_s;
  Interval interval;    // 95 %; from 0 to infinity where sizes were not repeated
  std::string refused;  // why there is no size; one line
};

// Walks from the largest tasks down to the first size whose mean efficiency is below the target, and interpolates
// between it and the one before, linearly in the logarithm of the size. Refused where no point lies on either side.
Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples = 1000,
          std::uint64_t seed = 1);

// For 50, 75, 80, 90 and 95 %. On two cores 50 % says nothing: a runtime that runs serially reaches it.
std::vector<Metg> metg_table(std::span<const GranularityPoint> points);

}  // namespace cbench
