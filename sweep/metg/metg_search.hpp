// Which task sizes to measure to find METG: geometric steps until every wanted efficiency has a size on either side,
// then halving (in the logarithm) and repetition around each crossing. Pure: from what was measured to what is next.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "reports/stats/metg.hpp"

namespace cbench {

struct MetgSearch {
  std::vector<double> targets;  // efficiencies
  double start_s = 0;           // the first size
  double least_s = 0;           // no size is below or above these
  double most_s = 0;
  double step = 4;                // between sizes while a side is missing
  double finest = 1.5;            // the ratio of the sizes on the two sides of a crossing at the end
  std::uint32_t repetitions = 3;  // of those sizes
  std::uint32_t most_points = 60;
};

// The size to measure next; nothing when all is known that can be. Sizes repeat exactly: the same double each time.
std::optional<double> next_size(std::span<const GranularityPoint> points, const MetgSearch& search);

}  // namespace cbench
