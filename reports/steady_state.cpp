#include "reports/steady_state.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "reports/resampling.hpp"

namespace cbench {
namespace {

constexpr std::size_t fewest_slices = 8;

double theil_sen(std::span<const double> series) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      slopes.push_back((series[j] - series[i]) / static_cast<double>(j - i));
    }
  }
  return median_of(std::move(slopes));
}

// How much the variance of Kendall's S grows because each slice remembers the one before (Yue and Wang, 2004): from the
// autocorrelation of the series without its trend, corrected for what taking the mean and the trend out costs it.
double dependence(std::span<const double> series, double slope) {
  const std::size_t count = series.size();
  const auto n = static_cast<double>(count);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = series[i] - slope * static_cast<double>(i);
  const double mean = mean_of(values);
  double all = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all += (values[i] - mean) * (values[i] - mean);
    if (i + 1 < count) neighbours += (values[i] - mean) * (values[i + 1] - mean);
  }
  if (all == 0) return 1;
  const double correlation = std::min((n * neighbours / all + 2) / (n - 4), 0.95);
  if (correlation <= 0) return 1;
  double sum = 0;
  for (std::size_t lag = 1; lag < count; ++lag) {
    sum += (1 - static_cast<double>(lag) / n) * std::pow(correlation, static_cast<double>(lag));
  }
  return 1 + 2 * sum;
}

// Two-sided significance of a trend.
double mann_kendall(std::span<const double> series, double slope) {
  double s = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) s += (series[j] > series[i]) - (series[j] < series[i]);
  }
  const auto n = static_cast<double>(series.size());
  std::map<double, double> ties;
  for (const double value : series) ++ties[value];
  double variance = n * (n - 1) * (2 * n + 5);
  for (const auto& [value, t] : ties) variance -= t * (t - 1) * (2 * t + 5);
  variance = variance / 18 * dependence(series, slope);
  if (variance <= 0) return 1;
  const double distance = std::max(0.0, std::abs(s) - 1);
  return std::min(1.0, 2 * gsl_cdf_ugaussian_Q(distance / std::sqrt(variance)));
}

}  // namespace

Drift drift_of(std::span<const double> series_per_s, const DriftOptions& options) {
  Drift drift{.slices = series_per_s.size()};
  if (series_per_s.size() < fewest_slices) return drift;
  const double middle = median_of({series_per_s.begin(), series_per_s.end()});
  if (middle <= 0) return drift;
  const double slope = theil_sen(series_per_s);
  drift.relative_change = slope * static_cast<double>(series_per_s.size() - 1) / middle;
  drift.p = mann_kendall(series_per_s, slope);
  drift.drifts = drift.p < options.level && std::abs(drift.relative_change) >= options.least_change;
  if (drift.drifts) {
    drift.sentence = fmt::format("no steady state: throughput {} by {:.0f} % over the window",
                                 drift.relative_change > 0 ? "rises" : "falls", 100 * std::abs(drift.relative_change));
  }
  return drift;
}

}  // namespace cbench
