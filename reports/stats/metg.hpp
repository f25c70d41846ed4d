// METG, minimum effective task granularity (E. Slaughter et al., Task Bench, 2020): the smallest granularity at which a
// model still keeps a given efficiency. What a runtime costs a task, in a number that a designer can use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/stats/resampling.hpp"

namespace cbench {

// One repetition: tasks with so much work ran at this efficiency (throughput over the ideal).
struct GranularityPoint {
  double task_s = 0;
  double efficiency = 0;
};

// The repetitions with one amount of work.
struct GranularitySize {
  double task_s = 0;
  std::vector<double> efficiencies;
  double middle = 0;  // their median: a trial that was disturbed must not decide

  // Task Bench's: what passed of a core for each task, elapsed x cores / tasks, so the work and all that is lost beside
  // it. Infinite where nothing was done.
  double granularity_s() const { return task_s / middle; }
};
// By increasing work; points that are not finite are left out.
std::vector<GranularitySize> sizes_of(std::span<const GranularityPoint> points);

// The index of the size with the smallest granularity among those that keep the target; sizes.size() where none does.
std::size_t smallest_kept(std::span<const GranularitySize> sizes, double target);

struct Metg {
  double target = 0;
  std::optional<double> granularity_s;
  Interval interval;           // of it, 95 %; from 0 to infinity where sizes were not repeated
  std::string refused;         // why there is none; one line
  bool is_never_kept = false;  // that is why: no size reaches the target
};

// As Task Bench's own scripts have it: the smallest granularity of a size that keeps the target, and where the next
// smaller size falls short with a smaller granularity yet, interpolated between the two, linearly in efficiency.
// Refused where no size falls short, or none keeps it. The interval comes from resampling the sizes that were repeated,
// with errors pooled over them; where some were, those measured once stay as they are.
Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples = 1000,
          std::uint64_t seed = 1);

std::vector<Metg> metg_table(std::span<const GranularityPoint> points, std::span<const double> targets);

// What is asked for where nobody says: 50 and 80 %; where two tasks run at once 75 and 90 % too, because a model that
// runs one at a time reaches 50 % as well.
std::vector<double> default_targets(std::uint32_t at_once);

}  // namespace cbench
