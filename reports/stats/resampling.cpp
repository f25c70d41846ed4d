#include "reports/stats/resampling.hpp"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>

#include <algorithm>
#include <cmath>

namespace cbench {
namespace {

// gsl_stats_quantile_from_sorted_data would turn an infinity next to the quantile into a NaN (0 x inf).
double sorted_quantile(const std::vector<double>& sorted, double fraction) {
  const double position = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const double share = position - static_cast<double>(below);
  if (share == 0 || sorted[below] == sorted[below + 1]) {
    return sorted[below];
  }
  return std::isinf(sorted[below + 1]) ? sorted[below + 1]
                                       : sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

}  // namespace

struct Random::Generator {
  gsl_rng* state = gsl_rng_alloc(gsl_rng_mt19937);
  Generator() = default;
  Generator(const Generator&) = delete;
  ~Generator() { gsl_rng_free(state); }
};

Random::Random(std::uint64_t seed) : generator_(std::make_unique<Generator>()) { gsl_rng_set(generator_->state, seed); }

Random::~Random() = default;

std::size_t Random::index(std::size_t size) { return gsl_rng_uniform_int(generator_->state, size); }

double Random::normal() { return gsl_ran_ugaussian(generator_->state); }

double Random::chi_squared(double degrees_of_freedom) { return gsl_ran_chisq(generator_->state, degrees_of_freedom); }

double Random::scale_of_estimate(double degrees_of_freedom) {
  return std::sqrt(degrees_of_freedom / chi_squared(degrees_of_freedom));
}

double mean_of(std::span<const double> values) {
  return values.empty() ? 0 : gsl_stats_mean(values.data(), 1, values.size());
}

double median_of(std::vector<double> values) { return quantile_of(std::move(values), 0.5); }

double quantile_of(std::vector<double> values, double fraction) {
  if (values.empty()) {
    return 0;
  }
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, fraction);
}

Interval central_interval(std::vector<double> values, double confidence) {
  if (values.empty()) {
    return {};
  }
  std::sort(values.begin(), values.end());
  return {sorted_quantile(values, (1 - confidence) / 2), sorted_quantile(values, (1 + confidence) / 2)};
}

}  // namespace cbench
