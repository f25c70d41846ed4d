#include "sweep/plan/order.hpp"

#include <algorithm>
#include <random>

namespace cbench {

std::vector<TrialSpec> order_trials(const std::vector<TrialSpec>& cells, std::uint32_t repetitions,
                                    std::uint64_t seed) {
  std::vector<TrialSpec> trials;
  trials.reserve(cells.size() * repetitions);
  std::mt19937_64 random(seed);
  for (std::uint32_t repetition = 1; repetition <= repetitions; ++repetition) {
    std::vector<TrialSpec> round = cells;
    std::shuffle(round.begin(), round.end(), random);
    if (repetition == 1) {
      std::stable_partition(round.begin(), round.end(), [](const TrialSpec& cell) { return cell.is_baseline; });
    }
    for (TrialSpec& trial : round) {
      trial.repetition = repetition;
      trial.seed = seed + repetition - 1;
      trials.push_back(std::move(trial));
    }
  }
  return trials;
}

std::vector<TrialSpec> order_round(std::vector<TrialSpec> cells, std::uint32_t repetition, std::uint64_t seed) {
  std::mt19937_64 random(seed + repetition);
  std::shuffle(cells.begin(), cells.end(), random);
  for (TrialSpec& trial : cells) {
    trial.repetition = repetition;
    trial.seed = seed + repetition - 1;
  }
  return cells;
}

}  // namespace cbench
