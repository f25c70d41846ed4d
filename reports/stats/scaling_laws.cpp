#include "reports/stats/scaling_laws.hpp"

#include <fmt/format.h>
#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/stats/scaling_findings.hpp"
#include "reports/stats/scaling_sample.hpp"
#include "reports/stats/scaling_words.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double lack_of_fit_level = 0.01;

std::vector<double> curve_grid(const ScalingSample& sample) {
  constexpr int steps = 32;
  const double first = std::min(1.0, sample.means.front().n);
  const double last = std::max(sample.means.back().n, 1.0);
  std::vector<double> grid;
  for (int i = 0; i <= steps && last > first; ++i) {
    grid.push_back(first * std::pow(last / first, static_cast<double>(i) / steps));
  }
  return grid;
}

double aicc_of(const ScalingSample& sample, double squares, Law law) {
  const double n = sample.points;
  const double k = static_cast<double>(parameter_count(law)) + 1;  // and the size of the error
  if (n - k - 1 <= 0) {
    return infinity;
  }
  double total = 0;
  for (const MeanPoint& point : sample.means) {
    total += point.weight * point.throughput * point.throughput;
  }
  const double floor = 1e-18 * total;  // data made by the law itself leave nothing but rounding
  return n * std::log(std::max(squares, floor) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

void add_intervals(LawFit& fit, const ScalingSample& sample, const LeastSquares& found, const ScalingOptions& options) {
  const bool law_holds = fit.lack_of_fit_p >= lack_of_fit_level;
  const Errors errors =
      sample.repeat_freedom > 0 && law_holds ? errors_of_repetitions(sample) : errors_of_law(sample, fit.law, found);
  const std::vector<double> grid = curve_grid(sample);
  std::vector<Coefficients> draws;
  Random random(options.seed + static_cast<std::uint64_t>(fit.law) * 0x9E3779B9U);
  std::vector<MeanPoint> means = sample.means;
  for (std::uint32_t b = 0; b < options.resamples; ++b) {
    const double scale = random.scale_of_estimate(errors.freedom);
    for (std::size_t i = 0; i < means.size(); ++i) {
      const double centre = throughput_at(fit.law, found.coefficients, means[i].n);
      means[i].throughput = resampled_mean(sample, i, centre, errors, scale, random);
    }
    if (const auto again = fit_law(fit.law, means, &found.coefficients)) {
      draws.push_back(again->coefficients);
    }
  }
  // An estimate at its bound lies at the very end of its draws, or just beyond it.
  const auto interval = [&](auto&& value_of) {
    // As many counts as the law has parameters leave nothing to tell errors by.
    if (draws.size() < options.resamples / 2) return Interval{0, infinity};
    std::vector<double> values(draws.size());
    std::transform(draws.begin(), draws.end(), values.begin(), value_of);
    const Interval drawn = central_interval(std::move(values), options.confidence);
    const double estimate = value_of(found.coefficients);
    return Interval{std::min(drawn.low, estimate), std::max(drawn.high, estimate)};
  };
  fit.gamma = interval([](const Coefficients& c) { return c.gamma; });
  fit.alpha = interval([](const Coefficients& c) { return c.alpha; });
  fit.beta = interval([](const Coefficients& c) { return c.beta; });
  fit.capacity = interval([](const Coefficients& c) { return c.capacity; });
  fit.peak_interval = interval([](const Coefficients& c) { return peak_of(c).value_or(infinity); });
  for (const double n : grid) {
    fit.curve.push_back({n, throughput_at(fit.law, found.coefficients, n),
                         interval([&](const Coefficients& c) { return throughput_at(fit.law, c, n); })});
  }
}

LawFit fit_one(Law law, const ScalingSample& sample, const ScalingOptions& options) {
  LawFit fit;
  fit.law = law;
  fit.aicc = infinity;
  const std::size_t parameters = parameter_count(law);
  const std::size_t counts = sample.means.size();
  if (counts < parameters || (counts == parameters && sample.repeat_freedom == 0)) {
    fit.why_not = fmt::format("{} points tell nothing about {} parameters", counts, parameters);
    return fit;
  }
  const auto found = fit_law(law, sample.means);
  if (!found) {
    fit.why_not = "no parameters within their bounds fit these points";
    return fit;
  }
  fit.fitted = true;
  fit.coefficients = found->coefficients;
  fit.peak = peak_of(found->coefficients);
  const double squares = found->sum_of_squares + sample.repeat_squares;
  fit.residual_error = std::sqrt(squares / std::max(1.0, sample.points - static_cast<double>(parameters)));
  fit.aicc = aicc_of(sample, squares, law);
  // A law with as many parameters as there are counts leaves no residuals but where it ends at its bounds.
  const double lack_freedom = std::max(1.0, static_cast<double>(counts) - static_cast<double>(parameters));
  if (sample.repeat_freedom > 0) {
    const double lack = found->sum_of_squares / lack_freedom;
    const double repeat = sample.repeat_squares / sample.repeat_freedom;
    fit.lack_of_fit_p = repeat > 0 ? gsl_cdf_fdist_Q(lack / repeat, lack_freedom, sample.repeat_freedom)
                        : lack > 0 ? 0
                                   : 1;
  }
  add_intervals(fit, sample, *found, options);
  return fit;
}

void add_karp_flatt(ScalingFit& fit, const std::vector<RepeatedPoint>& groups, const ScalingOptions& options) {
  const auto one = std::find_if(groups.begin(), groups.end(), [](const RepeatedPoint& group) { return group.n == 1; });
  if (one == groups.end() || one->mean <= 0) {
    return;
  }
  const ScalingSample sample = sample_of(groups, Weighting::relative);
  const Errors errors = errors_of_repetitions(sample);
  const auto first = static_cast<std::size_t>(one - groups.begin());
  Random random(options.seed);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].n <= 1 || groups[i].mean <= 0) {
      continue;
    }
    const double n = groups[i].n;
    const double e = karp_flatt(groups[i].mean / one->mean, n);
    fit.rows[i].karp_flatt = e;
    fit.rows[i].karp_flatt_interval = {-infinity, infinity};
    if (sample.repeat_freedom == 0 || !sample.relative) {
      continue;
    }
    std::vector<double> draws;
    for (std::uint32_t b = 0; b < options.resamples; ++b) {
      const double scale = random.scale_of_estimate(errors.freedom);
      const double at_one = resampled_mean(sample, first, one->mean, errors, scale, random);
      draws.push_back(karp_flatt(resampled_mean(sample, i, groups[i].mean, errors, scale, random) / at_one, n));
    }
    fit.rows[i].karp_flatt_interval = central_interval(std::move(draws), options.confidence);
  }
}

}  // namespace

const LawFit* ScalingFit::find(Law law) const {
  const auto found = std::find_if(laws.begin(), laws.end(), [law](const LawFit& fit) { return fit.law == law; });
  return found == laws.end() ? nullptr : &*found;
}

std::vector<const ScalingRow*> ScalingFit::fitted_rows() const {
  std::vector<const ScalingRow*> fitted;
  for (const ScalingRow& row : rows) {
    if (!row.beyond_cpus) fitted.push_back(&row);
  }
  return fitted;
}

bool is_at_capacity(const LawFit& fit, double n) {
  constexpr double near = 0.97;
  return throughput_at(fit.law, fit.coefficients, n) >= near * fit.coefficients.capacity;
}

std::string_view name_of(Description description) {
  switch (description) {
    case Description::holds: return "holds";
    case Description::roughly: return "roughly";
    case Description::noisy: return "noisy";
    case Description::off: return "off";
  }
  return "";
}

std::string_view name_of(ScalingFinding finding) {
  switch (finding) {
    case ScalingFinding::not_identifiable: return "not_identifiable";
    case ScalingFinding::law: return "law";
    case ScalingFinding::capped: return "capped";
    case ScalingFinding::superlinear: return "superlinear";
    case ScalingFinding::falling: return "falling";
    case ScalingFinding::none: return "none";
  }
  return "";
}

double karp_flatt(double speedup, double n) { return (1 / speedup - 1 / n) / (1 - 1 / n); }

ScalingFit fit_scaling(std::span<const ScalingPoint> points, const ScalingOptions& options) {
  ScalingFit fit;
  fit.axis = options.axis;
  fit.confidence = options.confidence;
  const std::vector<RepeatedPoint> groups = repetitions_of(points);
  std::vector<RepeatedPoint> fitted;
  for (const RepeatedPoint& group : groups) {
    fit.rows.push_back({.n = group.n,
                        .repetitions = static_cast<std::uint32_t>(group.throughputs.size()),
                        .throughput_per_s = group.mean,
                        .beyond_cpus = group.beyond_cpus});
    if (!group.beyond_cpus) {
      fitted.push_back(group);
    }
  }
  if (options.axis == ScalingAxis::workers) {
    add_karp_flatt(fit, groups, options);
  } else if (!groups.empty() && groups.front().mean > 0) {
    fit.residence_s = options.residence_s > 0 ? options.residence_s : groups.front().n / groups.front().mean;
    for (ScalingRow& row : fit.rows) {
      row.of_bound = row.throughput_per_s * fit.residence_s / row.n;
    }
  }

  const ScalingSample sample = sample_of(std::move(fitted), options.weighting);
  fit.weighting = sample.relative ? Weighting::relative : Weighting::equal;
  const std::vector<Law> laws =
      options.axis == ScalingAxis::workers
          ? std::vector{Law::amdahl, Law::usl, Law::gustafson, Law::saturation, Law::capped_amdahl}
          : std::vector{Law::little, Law::saturation, Law::usl};
  for (const Law law : laws) {
    if (sample.means.size() < 3) {
      LawFit none;
      none.law = law;
      none.aicc = infinity;
      none.why_not = "fewer than three counts";
      fit.laws.push_back(std::move(none));
    } else {
      fit.laws.push_back(fit_one(law, sample, options));
    }
  }
  find_what_they_show(fit, sample, options.fixed_time);
  if (const LawFit* law = fit.closest_law()) {
    for (ScalingRow& row : fit.rows) {
      row.predicted_per_s = throughput_at(law->law, law->coefficients, row.n);
    }
  }
  fit.sentences = sentences_of(fit);
  return fit;
}

}  // namespace cbench
