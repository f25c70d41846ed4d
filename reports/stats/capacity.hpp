// What trials that passed or failed at known rates tell of the capacity behind them, and how well they know it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/stats/resampling.hpp"

namespace cbench {

// How the trials at one rate ended.
struct RateVotes {
  double rate_per_s = 0;
  std::uint32_t passes = 0;
  std::uint32_t fails = 0;
};

// What is believed of a capacity: the rate which half of the trials pass. The noise of trials is taken to be normal on
// the logarithm of the rate, of a size that is not known beforehand; some trials may fail at any rate, because
// something else disturbed them. Bayes' rule with priors that are flat in the logarithm: how the rates were chosen, and
// when choosing ended, has no part in the result, which is what a search needs (docs/statistics.md has how often its
// intervals hold the truth).
class CapacityBelief {
 public:
  // Weights on rising logarithms of a rate, equally spaced.
  CapacityBelief(std::vector<double> log_rates, std::vector<double> weights);

  double quantile(double fraction) const;  // a rate
  double median_per_s() const { return quantile(0.5); }
  Interval interval_per_s(double confidence = 0.95) const;  // equal tails
  // High over low, less 1: 0.02 is +-1 %.
  double width(double confidence = 0.95) const;

  // This capacity over the other one: the middle, and its 95 % interval.
  struct Ratio {
    double median = 1;
    Interval interval;
  };
  Ratio over(const CapacityBelief& other) const;

  // With its middle at a lower rate. The lower half moves along; the upper end of the 95 % interval stays where it is,
  // so that the interval is wider by how far the middle moved.
  CapacityBelief lowered_to(double rate_per_s) const;

 private:
  double share_below(double log_rate) const;
  double log_quantile(double fraction) const;

  std::vector<double> log_rates_;
  std::vector<double> cumulated_;  // up to 1
};

// Nothing where no trial passed, or none failed: there is no capacity between them.
std::optional<CapacityBelief> capacity_of(std::span<const RateVotes> votes);

}  // namespace cbench
