// The repetitions of a sweep as the fits see them: grouped by n, weighed, and ready to be resampled. scaling_laws.hpp
// says why it is done like this.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "reports/stats/law_fit.hpp"
#include "reports/stats/resampling.hpp"

namespace cbench {

enum class Weighting : std::uint8_t {
  automatic,
  equal,     // the error is the same at every n
  relative,  // the error is proportional to throughput
};

// One repetition.
struct ScalingPoint {
  double n = 0;
  double throughput_per_s = 0;
  bool beyond_cpus = false;  // more workers than CPUs that the process may use: shown, but not fitted
};

// The repetitions at one n.
struct RepeatedPoint {
  double n = 0;
  bool beyond_cpus = false;
  std::vector<double> throughputs;
  double mean = 0;

  double size() const { return static_cast<double>(throughputs.size()); }
};

// By increasing n.
std::vector<RepeatedPoint> repetitions_of(std::span<const ScalingPoint> points);

// What is fitted, and what the repetitions say about their own error.
struct ScalingSample {
  std::vector<RepeatedPoint> repetitions;
  bool relative = false;  // the error is proportional to throughput, else the same at every n
  std::vector<MeanPoint> means;
  std::vector<double> deviations;  // of repetitions from their mean, on one scale, corrected for that mean
  double repeat_freedom = 0;       // degrees of freedom of the repetitions about their means
  double repeat_squares = 0;       // weighted
  double points = 0;

  double scale(std::size_t i) const;
};

ScalingSample sample_of(std::vector<RepeatedPoint> repetitions, Weighting weighting);

// Where resampled errors come from: the repetitions, pooled over all n; or the law's residuals, each at its own n,
// because without repetitions nothing says that the error is alike at any two of them.
struct Errors {
  std::vector<double> pool;
  double freedom = 0;
  bool of_repetitions = false;
};

Errors errors_of_repetitions(const ScalingSample& sample);
Errors errors_of_law(const ScalingSample& sample, Law law, const LeastSquares& found);

// The mean at the i-th n had the errors fallen otherwise, around `centre`.
double resampled_mean(const ScalingSample& sample, std::size_t i, double centre, const Errors& errors, double scale,
                      Random& random);

}  // namespace cbench
