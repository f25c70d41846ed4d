#include "reports/stats/capacity.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace cbench {
namespace {

constexpr std::size_t grid = 160;
constexpr std::size_t fine = 8;      // times as many steps, for one that is stretched
constexpr double negligible = 1e-4;  // of the largest weight
// Beyond the rates that were tried: a capacity there is hardly told from one farther off.
constexpr double margin = 0.7;

// How far the capacity of a trial may scatter, and the shares of trials that fail whatever the rate.
struct Prior {
  double value;
  double weight;
};
constexpr std::array<Prior, 11> noises{{{0.001, 1},
                                        {0.002, 1},
                                        {0.004, 1},
                                        {0.008, 1},
                                        {0.014, 1},
                                        {0.022, 1},
                                        {0.035, 1},
                                        {0.055, 1},
                                        {0.09, 1},
                                        {0.18, 1},
                                        {0.4, 1}}};
constexpr std::array<Prior, 3> disturbances{{{0.005, 4}, {0.05, 2}, {0.15, 1}}};
// A trial far above the capacity passes that often: hardly ever.
constexpr double luck = 0.002;

// The logarithms of what a trial does at a rate so many standard deviations below the capacity. Tables, since each
// belief asks for them some 100,000 times.
struct Chances {
  static constexpr double farthest = 9;
  static constexpr std::size_t per_unit = 256;
  std::vector<double> log_pass;
  std::vector<double> log_fail;

  explicit Chances(double disturbed) {
    for (std::size_t i = 0; i <= 2 * static_cast<std::size_t>(farthest) * per_unit; ++i) {
      const double deviations = static_cast<double>(i) / per_unit - farthest;
      const double passes = luck + (1 - luck - disturbed) * gsl_cdf_ugaussian_P(deviations);
      log_pass.push_back(std::log(passes));
      log_fail.push_back(std::log1p(-passes));
    }
  }
  static std::size_t index_of(double deviations) {
    return static_cast<std::size_t>(std::lround((std::clamp(deviations, -farthest, farthest) + farthest) * per_unit));
  }
};

const std::vector<Chances>& chances() {
  static const std::vector<Chances> all = [] {
    std::vector<Chances> made;
    for (const Prior& share : disturbances) made.emplace_back(share.value);
    return made;
  }();
  return all;
}

struct LogVotes {
  double log_rate = 0;
  double passes = 0;
  double fails = 0;
};

// For every noise and share of disturbances, the logarithm of how likely the votes are.
using LogLikelihoods = std::array<double, noises.size() * disturbances.size()>;

LogLikelihoods log_likelihoods(std::span<const LogVotes> votes, double log_capacity) {
  LogLikelihoods likely{};
  auto out = likely.begin();
  for (const Prior& noise : noises) {
    std::array<double, disturbances.size()> sums{};
    for (const LogVotes& vote : votes) {
      const std::size_t at = Chances::index_of((log_capacity - vote.log_rate) / noise.value);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        const Chances& chance = chances()[i];
        sums[i] += vote.passes * chance.log_pass[at] + vote.fails * chance.log_fail[at];
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) *out++ = sums[i] + std::log(noise.weight * disturbances[i].weight);
  }
  return likely;
}

// Relative to the most likely one, with noise and disturbances left open.
std::vector<double> weights_of(std::span<const LogVotes> votes, const std::vector<double>& log_rates) {
  std::vector<LogLikelihoods> all;
  double most = -std::numeric_limits<double>::infinity();
  for (const double log_rate : log_rates) {
    all.push_back(log_likelihoods(votes, log_rate));
    most = std::max(most, std::ranges::max(all.back()));
  }
  std::vector<double> weights;
  for (const LogLikelihoods& likely : all) {
    double sum = 0;
    for (const double one : likely) {
      if (one > most - 20) sum += std::exp(one - most);
    }
    weights.push_back(sum);
  }
  return weights;
}

std::vector<double> between(double low, double high, std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
  }
  return values;
}

}  // namespace

CapacityBelief::CapacityBelief(std::vector<double> log_rates, std::vector<double> weights)
    : log_rates_(std::move(log_rates)), cumulated_(std::move(weights)) {
  std::partial_sum(cumulated_.begin(), cumulated_.end(), cumulated_.begin());
  for (double& sum : cumulated_) sum /= cumulated_.back();
  cumulated_.back() = 1;
}

// Each weight is spread evenly over the step around its rate.
double CapacityBelief::log_quantile(double fraction) const {
  const auto found = std::ranges::lower_bound(cumulated_, fraction);
  const auto at = static_cast<std::size_t>(std::min(found, cumulated_.end() - 1) - cumulated_.begin());
  const double step = log_rates_[1] - log_rates_[0];
  const double before = at == 0 ? 0 : cumulated_[at - 1];
  const double weight = cumulated_[at] - before;
  const double share = weight > 0 ? (fraction - before) / weight : 0.5;
  return log_rates_[at] + step * (share - 0.5);
}

double CapacityBelief::quantile(double fraction) const { return std::exp(log_quantile(fraction)); }

Interval CapacityBelief::interval_per_s(double confidence) const {
  return {quantile((1 - confidence) / 2), quantile((1 + confidence) / 2)};
}

double CapacityBelief::width(double confidence) const {
  const Interval interval = interval_per_s(confidence);
  return interval.high / interval.low - 1;
}

double CapacityBelief::share_below(double log_rate) const {
  const double step = log_rates_[1] - log_rates_[0];
  const double at = (log_rate - log_rates_[0]) / step + 0.5;
  if (at <= 0) return 0;
  const auto whole = static_cast<std::size_t>(at);
  if (whole >= cumulated_.size()) return 1;
  const double before = whole == 0 ? 0 : cumulated_[whole - 1];
  return before + (cumulated_[whole] - before) * (at - static_cast<double>(whole));
}

CapacityBelief CapacityBelief::lowered_to(double rate_per_s) const {
  const double middle = log_quantile(0.5);
  const double end = log_quantile(0.975);
  const double lowered = std::log(rate_per_s);
  // Where what is at a rate now was before.
  const auto origin = [&](double log_rate) {
    if (log_rate <= lowered) return log_rate + middle - lowered;
    if (log_rate >= end) return log_rate;
    return middle + (log_rate - lowered) / (end - lowered) * (end - middle);
  };
  std::vector<double> log_rates = between(log_rates_.front() + lowered - middle, log_rates_.back(), fine * grid);
  const double half = (log_rates[1] - log_rates[0]) / 2;
  std::vector<double> weights;
  weights.reserve(log_rates.size());
  for (const double log_rate : log_rates) {
    weights.push_back(share_below(origin(log_rate + half)) - share_below(origin(log_rate - half)));
  }
  return {std::move(log_rates), std::move(weights)};
}

CapacityBelief::Ratio CapacityBelief::over(const CapacityBelief& other) const {
  constexpr std::size_t parts = 100;
  std::array<double, parts> mine{};
  std::array<double, parts> theirs{};
  for (std::size_t i = 0; i < parts; ++i) {
    const double fraction = (static_cast<double>(i) + 0.5) / parts;
    mine[i] = log_quantile(fraction);
    theirs[i] = other.log_quantile(fraction);
  }
  std::vector<double> differences;
  differences.reserve(parts * parts);
  for (const double one : mine) {
    for (const double two : theirs) differences.push_back(one - two);
  }
  const double middle = median_of(differences);
  const Interval interval = central_interval(std::move(differences), 0.95);
  return {std::exp(middle), {std::exp(interval.low), std::exp(interval.high)}};
}

std::optional<CapacityBelief> capacity_of(std::span<const RateVotes> votes) {
  if (std::ranges::none_of(votes, [](const RateVotes& vote) { return vote.passes > 0; })) return std::nullopt;
  if (std::ranges::none_of(votes, [](const RateVotes& vote) { return vote.fails > 0; })) return std::nullopt;
  std::vector<LogVotes> logs;
  for (const RateVotes& vote : votes) {
    logs.push_back({std::log(vote.rate_per_s), static_cast<double>(vote.passes), static_cast<double>(vote.fails)});
  }
  const auto [lowest, highest] = std::ranges::minmax(logs, {}, &LogVotes::log_rate);
  double low = lowest.log_rate - margin;
  double high = highest.log_rate + margin;
  // The grid closes in on where there is any weight: it must be fine beside the steps of the rates.
  constexpr int most_rounds = 4;
  for (int round = 0;; ++round) {
    std::vector<double> log_rates = between(low, high, grid);
    std::vector<double> weights = weights_of(logs, log_rates);
    const double most = std::ranges::max(weights);
    const auto matters = [&](double weight) { return weight > negligible * most; };
    const auto first = std::ranges::find_if(weights, matters) - weights.begin();
    const auto last = weights.rend() - std::find_if(weights.rbegin(), weights.rend(), matters) - 1;
    const double step = log_rates[1] - log_rates[0];
    if (round + 1 == most_rounds || static_cast<std::size_t>(last - first) > grid / 2) {
      return CapacityBelief(std::move(log_rates), std::move(weights));
    }
    low = log_rates[static_cast<std::size_t>(first)] - step;
    high = log_rates[static_cast<std::size_t>(last)] + step;
  }
}

}  // namespace cbench
