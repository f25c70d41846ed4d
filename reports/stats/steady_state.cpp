#include "reports/stats/steady_state.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

double theil_sen(std::span<const double> series) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) {
      slopes.push_back((series[j] - series[i]) / static_cast<double>(j - i));
    }
  }
  return median_of(std::move(slopes));
}

// The monotone series nearest to this one, falling or rising: pool-adjacent-violators.
std::vector<double> monotone_fit(std::span<const double> series, bool rising) {
  struct Level {
    double mean;
    double slices;
  };
  std::vector<Level> levels;
  for (const double value : series) {
    levels.push_back({rising ? value : -value, 1});
    while (levels.size() > 1 && levels[levels.size() - 2].mean > levels.back().mean) {
      const Level last = levels.back();
      levels.pop_back();
      Level& before = levels.back();
      const double slices = before.slices + last.slices;
      before = {(before.mean * before.slices + last.mean * last.slices) / slices, slices};
    }
  }
  std::vector<double> fit;
  for (const Level& level : levels)
    fit.insert(fit.end(), static_cast<std::size_t>(level.slices), rising ? level.mean : -level.mean);
  return fit;
}

// What is left of a series without its trend: how large it is, and how well each slice remembers the one before. The
// trend is any monotone one: beside a line, a warm-up that fades or a step would pass for memory, and be excused.
struct Noise {
  double deviation = 0;    // on the large side: as if half of the slices had gone into the trend
  double correlation = 0;  // of neighbours, corrected for what taking the trend out costs it (by simulation)
};

Noise noise_of(std::span<const double> series, bool rising) {
  const std::size_t count = series.size();
  const auto n = static_cast<double>(count);
  const std::vector<double> fit = monotone_fit(series, rising);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = series[i] - fit[i];
  const double mean = mean_of(values);
  double all = 0;
  double neighbours = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all += (values[i] - mean) * (values[i] - mean);
    if (i + 1 < count) neighbours += (values[i] - mean) * (values[i + 1] - mean);
  }
  if (all == 0) return {};
  return {.deviation = std::sqrt(all / (n / 2)),
          .correlation = std::clamp((n * neighbours / all + 5) / (n - 6), 0.0, 0.95)};
}

// How much the variance of a sum over slices grows because each remembers the one before (Yue and Wang, 2004).
double dependence(double correlation, std::size_t slices) {
  double sum = 0;
  for (std::size_t lag = 1; lag < slices; ++lag) {
    sum +=
        (1 - static_cast<double>(lag) / static_cast<double>(slices)) * std::pow(correlation, static_cast<double>(lag));
  }
  return 1 + 2 * sum;
}

double two_sided(double distance) { return std::min(1.0, 2 * gsl_cdf_ugaussian_Q(distance)); }

// Kendall's S: how many pairs of slices rise, less those that fall.
double kendall(std::span<const double> series) {
  double s = 0;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (std::size_t j = i + 1; j < series.size(); ++j) s += (series[j] > series[i]) - (series[j] < series[i]);
  }
  return s;
}

// Significance of S by Mann and Kendall: sees small drifts that go on and on.
double p_of_order(std::span<const double> series, double s, const Noise& noise) {
  const auto n = static_cast<double>(series.size());
  std::map<double, double> ties;
  for (const double value : series) ++ties[value];
  double variance = n * (n - 1) * (2 * n + 5);
  for (const auto& [value, t] : ties) variance -= t * (t - 1) * (2 * t + 5);
  variance = variance / 18 * dependence(noise.correlation, series.size());
  return variance > 0 ? two_sided(std::max(0.0, std::abs(s) - 1) / std::sqrt(variance)) : 1;
}

// From the first third to the last: what a median of slopes does not see of a step.
double change_of_thirds(std::span<const double> series) {
  const auto first = series.first(series.size() / 3);
  const auto last = series.last(series.size() / 3);
  return median_of({last.begin(), last.end()}) - median_of({first.begin(), first.end()});
}

// Significance of that change beside the noise: sees a drift that is large, whatever its shape.
double p_of_change(std::span<const double> series, const Noise& noise) {
  constexpr double of_a_median = 1.6;  // its error over that of a mean, and some for the noise being an estimate itself
  const std::size_t third = series.size() / 3;
  const double change = std::abs(change_of_thirds(series));
  const double error =
      of_a_median * noise.deviation * std::sqrt(2 * dependence(noise.correlation, third) / static_cast<double>(third));
  if (error == 0) return change == 0 ? 1 : 0;
  return two_sided(change / error);
}

}  // namespace

Drift drift_of(std::span<const double> series_per_s, const DriftOptions& options) {
  Drift drift{.slices = series_per_s.size()};
  if (series_per_s.size() < fewest_slices) return drift;
  const double middle = median_of({series_per_s.begin(), series_per_s.end()});
  if (middle <= 0) return drift;
  const double by_slope = theil_sen(series_per_s) * static_cast<double>(series_per_s.size() - 1);
  const double by_thirds = change_of_thirds(series_per_s);
  drift.relative_change = (std::abs(by_slope) > std::abs(by_thirds) ? by_slope : by_thirds) / middle;
  const double s = kendall(series_per_s);
  const Noise noise = noise_of(series_per_s, s > 0);
  drift.p = std::min(1.0, 2 * std::min(p_of_order(series_per_s, s, noise), p_of_change(series_per_s, noise)));
  drift.drifts = drift.p < options.level && std::abs(drift.relative_change) >= options.least_change;
  if (drift.drifts) {
    drift.sentence = fmt::format("{}: throughput {} by {:.0f} % over the window", no_steady_state,
                                 drift.relative_change > 0 ? "rises" : "falls", 100 * std::abs(drift.relative_change));
  }
  return drift;
}

}  // namespace cbench
