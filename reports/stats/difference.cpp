#include "reports/stats/difference.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_roots.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "reports/stats/scale_mixture.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Which coordinate of the even points stands for what.
enum Axis { of_trial, of_estimate, of_drift, of_truth };

double shares(Sizes sizes) { return 1 / static_cast<double>(sizes.base) + 1 / static_cast<double>(sizes.changed); }

bool is_measured(const ErrorSources& sources, Sizes sizes) {
  return sizes.base > 0 && sizes.changed > 0 && sources.trial.freedom > 0;
}

double normal_below(double value) { return std::erfc(-value / M_SQRT2) / 2; }

double standard_error(const ErrorSources& sources, Sizes sizes) {
  return std::sqrt(sources.trial.variance * shares(sizes) + 2 * variance_of_steps(sources.resolution));
}

// The standard deviations that the error may have: one for each even point.
std::vector<double> possible_errors(const ErrorSources& sources, Sizes sizes) {
  const std::vector<double> trial = variance_factors(sources.trial.freedom, of_trial);
  std::vector<double> errors;
  errors.reserve(even_points);
  for (const double factor : trial) {
    errors.push_back(sources.trial.variance * factor * shares(sizes) + 2 * variance_of_steps(sources.resolution));
  }
  if (sources.drift) {
    const SessionNoise& noise = *sources.drift;
    const std::vector<double> between = variance_factors(noise.between.freedom, of_drift);
    const std::vector<double> within = variance_factors(noise.within.freedom, of_estimate);
    for (std::size_t i = 0; i < even_points; ++i) {
      errors[i] += 2 * noise.drift(noise.between.variance * between[i], noise.within.variance * within[i]);
    }
  }
  for (double& error : errors) error = std::sqrt(error);
  return errors;
}

// What an estimate of a variance, with so many degrees of freedom, makes of the standard deviation: its ratio to the
// truth, at a normal deviate (Wilson and Hilferty's cube).
double estimated_over_true(double freedom, double deviate) {
  const double part = 2 / (9 * freedom);
  const double root = 1 - part + deviate * std::sqrt(part);
  return std::pow(std::max(root, 0.05), 1.5);
}

// How wide something is where the experiment's own trials scatter as they truly do: with what other cells lend, and
// with what they do not.
struct Width {
  double lent = 0;
  double own = 0;
};

// What an experiment with so many repetitions would ask of a difference: that it exceed `telling` and the bar, or that
// it lie within the threshold by `none`.
struct Experiment {
  Width telling;
  Width none;
  double bar = 0;
  double own_freedom = 0;
  double lent_freedom = 0;
  bool with_drift = false;

  // By what its trials scatter more than they truly do where they happen to do so by so many normal deviates.
  double scatter_at(double deviate) const { return with_drift ? 1 : estimated_over_true(own_freedom, deviate); }

  // Where its trials happen to scatter by that ratio. A cell that scatters more than others would make it keeps its own
  // error (pooled_error.hpp).
  double scaled(const Width& width, double ratio) const {
    if (with_drift) return width.lent;
    if (lent_freedom <= 0 || ratio > 1) return width.own * ratio;
    return width.lent * std::sqrt((lent_freedom + own_freedom * ratio * ratio) / (lent_freedom + own_freedom));
  }
};

double own_freedom_of(Sizes sizes) { return static_cast<double>(sizes.base + sizes.changed) - 2; }

// `lent` degrees of freedom come from other cells.
Experiment planned(const ErrorSources& sources, Sizes sizes, const DecisionRule& rule, double lent) {
  ErrorSources own = sources;
  ErrorSources with_lent = sources;
  with_lent.trial.freedom = own_freedom_of(sizes) + lent;
  own.trial.freedom = freedom_of_noisy_cell(own_freedom_of(sizes), with_lent.trial.freedom);
  const auto width = [&](double confidence) {
    const double of_lent = half_width_of(with_lent, sizes, confidence);
    return Width{of_lent, lent > 0 && !sources.drift ? half_width_of(own, sizes, confidence) : of_lent};
  };
  return {.telling = width(1 - rule.level),
          .none = width(0.95),
          .bar = effect_bar(sources, sizes, rule.threshold),
          .own_freedom = own_freedom_of(sizes),
          .lent_freedom = lent,
          .with_drift = sources.drift.has_value()};
}

// Where a function that grows is 0, to a millionth: between `low`, where it is below, and `high`, where it is not
// (Brent's method).
template <class Function>
double zero_of(const Function& function, double low, double high) {
  gsl_function called{.function = [](double at, void* self) { return (*static_cast<const Function*>(self))(at); },
                      .params = const_cast<Function*>(&function)};
  const std::unique_ptr<gsl_root_fsolver, decltype(&gsl_root_fsolver_free)> solver(
      gsl_root_fsolver_alloc(gsl_root_fsolver_brent), gsl_root_fsolver_free);
  gsl_root_fsolver_set(solver.get(), &called, low, high);
  double root = gsl_root_fsolver_root(solver.get());
  for (int i = 0; i < 50; ++i) {
    gsl_root_fsolver_iterate(solver.get());
    const double before = std::exchange(root, gsl_root_fsolver_root(solver.get()));
    if (gsl_root_test_delta(root, before, 0, 1e-6) == GSL_SUCCESS) break;
  }
  return root;
}

double lent_freedom_of(const ErrorSources& sources, Sizes sizes) {
  return std::max(0.0, sources.trial.freedom - own_freedom_of(sizes));
}

}  // namespace

double variance_of_steps(double resolution) { return resolution * resolution / 12; }

double p_of(double difference, const ErrorSources& sources, Sizes sizes) {
  if (!is_measured(sources, sizes)) return 1;
  const double distance = std::abs(difference);
  if (sources.drift) return ScaleMixture(possible_errors(sources, sizes)).share_beyond(distance);
  const double error = standard_error(sources, sizes);
  if (error <= 0) return distance > 0 ? 0 : 1;
  return 2 * gsl_cdf_tdist_Q(distance / error, sources.trial.freedom);
}

double half_width_of(const ErrorSources& sources, Sizes sizes, double confidence) {
  if (!is_measured(sources, sizes)) return infinity;
  if (sources.drift) return ScaleMixture(possible_errors(sources, sizes)).half_width(confidence);
  return gsl_cdf_tdist_Qinv((1 - confidence) / 2, sources.trial.freedom) * standard_error(sources, sizes);
}

double effect_bar(const ErrorSources& sources, Sizes sizes, double threshold) {
  if (!sources.drift) return threshold;
  return std::max(threshold, std::log1p(sources.drift->largest_difference(sizes.base, sizes.changed)));
}

double smallest_effect_seen(const ErrorSources& sources, Sizes sizes, const DecisionRule& rule, double power) {
  if (!is_measured(sources, sizes)) return infinity;
  const Experiment experiment = planned(sources, sizes, rule, lent_freedom_of(sources, sizes));
  const std::vector<double> errors = possible_errors(sources, sizes);
  const double believed = standard_error(sources, sizes);
  std::vector<double> asked;
  for (std::size_t i = 0; i < even_points; ++i) {
    // The width grows with how this experiment's trials may truly scatter, and with how they happen to.
    const double true_over_believed = sources.drift || believed <= 0 ? 1 : errors[i] / believed;
    const double scatter = experiment.scatter_at(even_deviates(of_estimate)[i]);
    asked.push_back(std::max(experiment.scaled(experiment.telling, scatter) * true_over_believed, experiment.bar));
  }
  const auto power_at = [&](double effect) {
    double sum = 0;
    for (std::size_t i = 0; i < even_points; ++i) {
      sum += errors[i] > 0 ? normal_below((effect - asked[i]) / errors[i]) : effect > asked[i] ? 1.0 : 0.0;
    }
    return sum / static_cast<double>(even_points);
  };
  const auto lacking = [&](double effect) { return power_at(effect) - power; };
  double low = 0;
  double high = std::max(experiment.telling.lent, experiment.bar);
  if (high <= 0 || !std::isfinite(high)) return high;
  while (lacking(high) < 0) low = std::exchange(high, high * 2);
  return lacking(low) < 0 ? zero_of(lacking, low, high) : low;
}

std::optional<std::size_t> repetitions_that_decide(double difference, const ErrorSources& sources, Sizes sizes,
                                                   const DecisionRule& rule, double share) {
  const std::size_t now = std::min(sizes.base, sizes.changed);
  if (!is_measured(sources, sizes) || now < 2 || !std::isfinite(difference)) return std::nullopt;
  const double lent = lent_freedom_of(sources, sizes);
  const double believed = standard_error(sources, sizes);
  const std::vector<double> errors_now = possible_errors(sources, sizes);
  const auto share_decided = [&](std::size_t repetitions) {
    const Sizes both{repetitions, repetitions};
    const Experiment experiment = planned(sources, both, rule, lent);
    // How trials scatter is known no better than by what was measured.
    const std::vector<double> errors = possible_errors(sources, both);
    double sum = 0;
    for (std::size_t i = 0; i < even_points; ++i) {
      const double truth = difference + errors_now[i] * even_deviates(of_truth)[i];
      const double error = errors[i];
      const double scatter = experiment.scatter_at(even_deviates(of_estimate)[i]);
      const double true_over_believed = sources.drift || believed <= 0 ? 1 : errors_now[i] / believed;
      const double asked =
          std::max(experiment.scaled(experiment.telling, scatter) * true_over_believed, experiment.bar);
      const double within = rule.threshold - experiment.scaled(experiment.none, scatter) * true_over_believed;
      if (error <= 0) {
        sum += std::abs(truth) > asked || std::abs(truth) <= within ? 1.0 : 0.0;
        continue;
      }
      sum += normal_below((truth - asked) / error) + normal_below((-truth - asked) / error);
      if (within > 0) sum += normal_below((within - truth) / error) - normal_below((-within - truth) / error);
    }
    return sum / static_cast<double>(even_points);
  };
  std::size_t low = std::max(now, fewest_to_decide - 1);  // not enough, or so it is taken
  std::size_t high = most_repetitions;
  if (share_decided(high) < share) return std::nullopt;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (share_decided(middle) < share ? low : high) = middle;
  }
  return high;
}

}  // namespace cbench
