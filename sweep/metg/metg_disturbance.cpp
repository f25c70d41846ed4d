#include "sweep/metg/metg_disturbance.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace cbench {
namespace {

double foreign_of(const GranularityTrial& trial) { return trial.foreign_cpu_share.value_or(INFINITY); }

}  // namespace

SiftedTrials sift(std::span<const GranularityTrial> trials) {
  std::map<std::uint64_t, std::vector<GranularityTrial>> by_amount;
  for (const GranularityTrial& trial : trials) by_amount[trial.amount].push_back(trial);
  SiftedTrials sifted;
  const bool any_quiet =
      std::ranges::any_of(trials, [](const GranularityTrial& trial) { return foreign_of(trial) <= disturbing_share; });
  const std::size_t tries = any_quiet ? most_tries_beside_quiet_ones : most_tries;
  for (const auto& [amount, same] : by_amount) {
    const double quietest = foreign_of(std::ranges::min(same, {}, foreign_of));
    if (quietest > disturbing_share) {
      sifted.disturbed.insert(amount);
      if (same.size() < tries) {
        sifted.again = amount;
        continue;
      }
    }
    std::ranges::copy_if(same, std::back_inserter(sifted.kept), [&](const GranularityTrial& trial) {
      return foreign_of(trial) <= quietest + disturbing_share;
    });
  }
  sifted.left_out = trials.size() - sifted.kept.size();
  return sifted;
}

void doubt_refusal(Metg& metg, const SiftedTrials& sifted) {
  if (metg.granularity_s) return;
  if (sifted.is_given_up()) {
    metg.refused = fmt::format(
        "undecided: the search ended early, because other processes used the CPUs beside {} of its {} trials, or kept "
        "anybody from telling",
        sifted.left_out, sifted.left_out + sifted.kept.size());
  } else if (metg.is_never_kept && !sifted.disturbed.empty()) {
    metg.refused = fmt::format("undecided: {}, but other processes used the CPUs beside every trial of {} of its sizes",
                               metg.refused, sifted.disturbed.size());
  }
}

}  // namespace cbench
