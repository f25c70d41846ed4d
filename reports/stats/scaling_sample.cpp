#include "reports/stats/scaling_sample.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace cbench {
namespace {

constexpr double least_own_share = 0.1;  // of a residual in its error

// Whether repetitions vary in proportion to throughput rather than by the same amount everywhere, by likelihood. The
// proportional error is what trials usually have, so only clear evidence is taken against it.
bool error_is_relative(const std::vector<RepeatedPoint>& groups) {
  double freedom = 0;
  double squares = 0;
  double relative_squares = 0;
  double log_scale = 0;
  for (const RepeatedPoint& group : groups) {
    if (group.throughputs.size() < 2) {
      continue;
    }
    freedom += group.size() - 1;
    log_scale += (group.size() - 1) * std::log(group.mean);
    for (const double value : group.throughputs) {
      squares += std::pow(value - group.mean, 2);
      relative_squares += std::pow(value / group.mean - 1, 2);
    }
  }
  if (freedom == 0) {
    return false;
  }
  if (squares == 0) {
    return true;
  }
  const double gain_of_equal = freedom / 2 * std::log(relative_squares / squares) + log_scale;
  return gain_of_equal < 2;
}

}  // namespace

std::vector<RepeatedPoint> repetitions_of(std::span<const ScalingPoint> points) {
  std::map<double, RepeatedPoint> groups;
  for (const ScalingPoint& point : points) {
    if (std::isfinite(point.n) && point.n > 0 && std::isfinite(point.throughput_per_s)) {
      RepeatedPoint& group = groups[point.n];
      group.n = point.n;
      group.beyond_cpus |= point.beyond_cpus;
      group.throughputs.push_back(point.throughput_per_s);
    }
  }
  std::vector<RepeatedPoint> list;
  for (auto& [n, group] : groups) {
    group.mean = mean_of(group.throughputs);
    list.push_back(std::move(group));
  }
  return list;
}

double ScalingSample::scale(std::size_t i) const { return relative ? std::abs(repetitions[i].mean) : 1; }

ScalingSample sample_of(std::vector<RepeatedPoint> repetitions, Weighting weighting) {
  ScalingSample sample;
  const bool positive =
      std::all_of(repetitions.begin(), repetitions.end(), [](const RepeatedPoint& group) { return group.mean > 0; });
  sample.relative = positive && (weighting == Weighting::relative ||
                                 (weighting == Weighting::automatic && error_is_relative(repetitions)));
  sample.repetitions = std::move(repetitions);
  for (std::size_t i = 0; i < sample.repetitions.size(); ++i) {
    const RepeatedPoint& group = sample.repetitions[i];
    const double weight = 1 / std::pow(sample.scale(i), 2);
    sample.means.push_back({group.n, group.mean, weight * group.size()});
    sample.points += group.size();
    sample.repeat_freedom += group.size() - 1;
    for (const double value : group.throughputs) {
      sample.repeat_squares += weight * std::pow(value - group.mean, 2);
      if (group.throughputs.size() > 1) {
        sample.deviations.push_back((value - group.mean) / sample.scale(i) *
                                    std::sqrt(group.size() / (group.size() - 1)));
      }
    }
  }
  return sample;
}

Errors errors_of_repetitions(const ScalingSample& sample) { return {sample.deviations, sample.repeat_freedom, true}; }

Errors errors_of_law(const ScalingSample& sample, Law law, const LeastSquares& found) {
  Errors errors;
  errors.freedom = static_cast<double>(sample.means.size()) - static_cast<double>(parameter_count(law));
  for (std::size_t i = 0; i < sample.means.size(); ++i) {
    const double residual = sample.means[i].throughput - throughput_at(law, found.coefficients, sample.means[i].n);
    // A fit follows the points that it leans on: their residuals say too little about their errors (HC3).
    errors.pool.push_back(residual / sample.scale(i) / std::max(1 - found.leverage[i], least_own_share));
  }
  return errors;
}

double resampled_mean(const ScalingSample& sample, std::size_t i, double centre, const Errors& errors, double scale,
                      Random& random) {
  double sum = 0;
  if (errors.of_repetitions) {
    for (std::size_t k = 0; k < sample.repetitions[i].throughputs.size(); ++k) {
      sum += errors.pool[random.index(errors.pool.size())];
    }
    sum /= sample.repetitions[i].size();
  } else {
    sum = errors.pool[i] * random.normal();  // the "wild" bootstrap
  }
  const double moved = centre + scale * sum * (sample.relative ? std::abs(centre) : 1);
  return centre > 0 ? std::max(moved, centre * 1e-3) : moved;  // throughput is never below 0, however wild the draw
}

}  // namespace cbench
