#include "reports/stats/session_noise.hpp"

#include <algorithm>
#include <cmath>

#include "reports/stats/resampling.hpp"
#include "reports/stats/scale_mixture.hpp"

namespace cbench {

double SessionNoise::drift(double between_variance, double within_variance) const {
  return std::max(0.0, (between_variance - within_variance) / repetitions);
}

double SessionNoise::drift_deviation() const { return std::sqrt(drift(between.variance, within.variance)); }

double SessionNoise::largest_difference(std::size_t a, std::size_t b, double share) const {
  if (a == 0 || b == 0) return 0;
  const double shares = 1 / static_cast<double>(a) + 1 / static_cast<double>(b);
  const std::vector<double> of_between = variance_factors(between.freedom, 0);
  const std::vector<double> of_within = variance_factors(within.freedom, 1);
  std::vector<double> deviations;
  for (std::size_t i = 0; i < even_points; ++i) {
    const double trial = within.variance * of_within[i] * shares;
    const double sessions = 2 * (between.variance * of_between[i] - within.variance * of_within[i]) / repetitions;
    // A drift below 0 is let stand against what the repetitions explain, down to a part of that: cut off at 0, the
    // interval would hold 99 differences in 100 where nothing drifts, and not 95.
    constexpr double least_part = 0.3;
    deviations.push_back(std::sqrt(std::max(trial + sessions, least_part * trial)));
  }
  return std::expm1(ScaleMixture(std::move(deviations)).half_width(share));
}

std::optional<SessionNoise> session_noise_of(std::span<const std::vector<double>> sessions) {
  if (sessions.size() < fewest_sessions) return std::nullopt;
  std::vector<double> means;
  double all = 0;
  double squared = 0;
  double sum = 0;
  SessionNoise noise;
  for (const std::vector<double>& values : sessions) {
    if (values.empty() || std::ranges::min(values) <= 0) return std::nullopt;
    std::vector<double> logs;
    for (const double value : values) logs.push_back(std::log(value));
    const Scatter scatter = scatter_of(logs);
    noise.within.variance += scatter.variance * scatter.freedom;
    noise.within.freedom += scatter.freedom;
    const auto count = static_cast<double>(values.size());
    means.push_back(mean_of(logs));
    sum += count * means.back();
    all += count;
    squared += count * count;
  }
  if (noise.within.freedom <= 0) return std::nullopt;
  noise.within.variance /= noise.within.freedom;
  noise.between.freedom = static_cast<double>(sessions.size() - 1);
  noise.repetitions = (all - squared / all) / noise.between.freedom;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const double distance = means[i] - sum / all;
    noise.between.variance += static_cast<double>(sessions[i].size()) * distance * distance / noise.between.freedom;
  }
  return noise;
}

}  // namespace cbench
