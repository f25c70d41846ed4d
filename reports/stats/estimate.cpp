#include "reports/stats/estimate.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/stats/resampling.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// Half of the 95 % interval of the mean.
double half_width_of_mean(const std::vector<double>& values, double mean) {
  const auto count = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return gsl_cdf_tdist_Pinv(0.975, count - 1) * std::sqrt(squares / (count - 1) / count);
}

// Whether each value is so much like the one before it that chance would make it so in one of twenty sets: by the
// correlation of neighbours, whose mean and variance under independence are those of Moran (1948).
bool neighbours_are_alike(const std::vector<double>& values, double mean) {
  if (values.size() < repetitions_to_trust) return false;
  const auto count = static_cast<double>(values.size());
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    squares += (values[i] - mean) * (values[i] - mean);
    if (i > 0) products += (values[i] - mean) * (values[i - 1] - mean);
  }
  if (squares <= 0) return false;
  const double expected = -1 / count;
  const double deviation = (count - 2) / (count * std::sqrt(count - 1));
  return (products / squares - expected) / deviation > gsl_cdf_ugaussian_Pinv(0.95);
}

}  // namespace

Trust Estimate::trust() const {
  if (!has_interval()) return Trust::none;
  if (repetitions < repetitions_to_trust) return Trust::few;
  return drifting ? Trust::drifting : Trust::full;
}

std::string Estimate::doubt() const {
  switch (trust()) {
    case Trust::full: return "";
    case Trust::drifting: return "the repetitions drift";
    case Trust::none:
    case Trust::few: break;
  }
  return plural(repetitions, "repetition");
}

Estimate estimate(const std::vector<double>& values, const EstimateOptions& options) {
  Estimate out;
  out.repetitions = values.size();
  if (values.empty()) return out;
  out.mean = mean_of(values);
  out.median = median_of(values);
  out.low = out.high = out.mean;
  if (values.size() < 2) return out;
  out.drifting = neighbours_are_alike(values, out.mean);
  out.farthest = std::max(std::ranges::max(values) - out.mean, out.mean - std::ranges::min(values));
  if (options.scale == Scale::logarithmic && std::ranges::min(values) > 0) {
    std::vector<double> logs;
    for (const double value : values) logs.push_back(std::log(value));
    const double middle = mean_of(logs);
    const double half_width = std::max(half_width_of_mean(logs, middle), options.resolution / out.mean);
    out.low = std::exp(middle - half_width);
    out.high = std::exp(middle + half_width);
    return out;
  }
  const double half_width = std::max(half_width_of_mean(values, out.mean), options.resolution);
  out.low = out.mean - half_width;
  out.high = out.mean + half_width;
  return out;
}

std::string plus_minus(const Estimate& estimate) {
  if (estimate.repetitions < 2) return "";
  if (!estimate.has_interval()) return "±?";
  const double half_width = estimate.relative_half_width();
  constexpr double least_shown = 0.0005;
  return fmt::format("±{}{}", half_width < least_shown ? "<0.1%" : human_percent(half_width),
                     estimate.repetitions < 3 || estimate.drifting ? "?" : "");
}

}  // namespace cbench
