// Who comes first: cells in tiers, so that no order is said which the repetitions do not show.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/stats/resampling.hpp"

namespace cbench {

// Where a cell stands.
struct TierPlace {
  int tier = 1;
  // Of its mean, on logarithms, with an error that borrows from the other cells; from 0 to infinity of one repetition.
  Interval interval;
  // Whether the repetitions tell it from the best of the tier before. Those that are too few never make a tie of what
  // lies more than a factor of two apart: it gets a tier of its own that is not sure.
  bool sure = true;
  std::optional<std::size_t> repetitions_needed;  // where it is not sure, and each was repeated

  // Its mean over that of the best of all, and the 95 % interval of that, with the same error; from 0 to infinity where
  // one of them was not repeated.
  double of_best = 1;
  Interval of_best_interval{1, 1};
  // Whether that is known to within a factor of two, and in the first tier, whether all that the interval holds is:
  // what is not is neither so and so many times as fast nor tied.
  bool is_close = true;
  std::optional<std::size_t> repetitions_to_be_close;  // where it is not, and each was repeated

  // "too few repetitions, 12 would do"; empty where it is sure.
  std::string doubt() const;
};

// In the order given. Tiers are walked from the best mean on: a cell that is not told from the best of a tier is in
// that tier. Cells that are all the same are told apart in at most one of twenty sets (t tests on logarithms, each at 5
// % over the number of pairs: the best of many is picked for being far out).
// `resolutions`, one a cell: the smallest relative step that one of its values can show, as in Pair of comparison.hpp;
// none given: they have no steps. Windows of 17 tasks that all counted 17 are not known to the task.
std::vector<TierPlace> tiers_of(std::span<const std::vector<double>> cells, bool higher_is_better,
                                std::span<const double> resolutions = {});

}  // namespace cbench
