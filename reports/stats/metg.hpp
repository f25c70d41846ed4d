// METG, minimum effective task granularity (E. Slaughter et al., Task Bench, 2020): the smallest task at which a model
// still keeps a given efficiency. What a runtime costs a task, in a number that a designer can use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/stats/resampling.hpp"

namespace cbench {

// One repetition: tasks of this size ran at this efficiency (throughput over the ideal).
struct GranularityPoint {
  double task_s = 0;
  double efficiency = 0;
};

// The repetitions at one size.
struct GranularitySize {
  double task_s = 0;
  std::vector<double> efficiencies;
  double middle = 0;  // their median: a trial that was disturbed must not decide
};
// By increasing size; points that are not finite are left out.
std::vector<GranularitySize> sizes_of(std::span<const GranularityPoint> points);

// The index of the smallest size from which on the target is kept, walking down from the largest: 0 where even the
// smallest keeps it, sizes.size() where even the largest does not. The crossing lies between it and the one before.
std::size_t kept_from(std::span<const GranularitySize> sizes, double target);

struct Metg {
  double target = 0;
  std::optional<double> task_s;
  Interval interval;    // 95 %; from 0 to infinity where sizes were not repeated
  std::string refused;  // why there is no size; one line
};

// Walks from the largest tasks down to the first size whose median efficiency is below the target, and interpolates
// between it and the one before, linearly in the logarithm of the size. Refused where no point lies on either side.
// The interval comes from resampling the sizes that were repeated, with errors pooled over them; where some were, those
// measured once stay as they are.
Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples = 1000,
          std::uint64_t seed = 1);

std::vector<Metg> metg_table(std::span<const GranularityPoint> points, std::span<const double> targets);

// What is asked for where nobody says: 50 and 80 %; where two tasks run at once 75 and 90 % too, because a model that
// runs one at a time reaches 50 % as well.
std::vector<double> default_targets(std::uint32_t at_once);

}  // namespace cbench
