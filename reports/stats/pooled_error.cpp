#include "reports/stats/pooled_error.hpp"

#include <gsl/gsl_sf_psi.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

double squares_about_mean(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return squares;
}

// Where the trigamma function has this value, by Newton's method on its reciprocal (Smyth 2004, appendix).
double inverse_trigamma(double value) {
  if (value > 1e7) return 1 / std::sqrt(value);
  if (value < 1e-6) return 1 / value;
  double x = 0.5 + 1 / value;
  for (int i = 0; i < 50; ++i) {
    const double here = gsl_sf_psi_1(x);
    const double step = here * (1 - here / value) / gsl_sf_psi_n(2, x);
    x += step;
    if (-step < 1e-8 * x) break;
  }
  return x;
}

// What cells have in common: an estimate of their variance worth so many degrees of freedom, by the moments of log s².
Scatter prior_of(std::span<const Scatter> cells) {
  std::vector<double> levels;
  double expected = 0;  // what log s² would scatter by if all had one variance
  for (const auto& [variance, freedom] : cells) {
    if (freedom <= 0 || variance <= 0) continue;
    levels.push_back(std::log(variance) - gsl_sf_psi(freedom / 2) + std::log(freedom / 2));
    expected += gsl_sf_psi_1(freedom / 2);
  }
  if (levels.size() < 2) return {};
  const auto count = static_cast<double>(levels.size());
  const double level = mean_of(levels);
  const double excess = squares_about_mean(levels) / (count - 1) - expected / count;
  if (excess <= 0) return {std::exp(level), infinity};
  const double freedom = 2 * inverse_trigamma(excess);
  return {std::exp(level + gsl_sf_psi(freedom / 2) - std::log(freedom / 2)), freedom};
}

}  // namespace

Scatter scatter_of(std::span<const double> values) {
  if (values.size() < 2) return {};
  const auto freedom = static_cast<double>(values.size() - 1);
  return {squares_about_mean(values) / freedom, freedom};
}

Scatter scatter_of(std::span<const double> a, std::span<const double> b) {
  const Scatter of_a = scatter_of(a);
  const Scatter of_b = scatter_of(b);
  const double freedom = of_a.freedom + of_b.freedom;
  if (freedom <= 0) return {};
  const Scatter pooled{(of_a.variance * of_a.freedom + of_b.variance * of_b.freedom) / freedom, freedom};
  if (a.size() == b.size()) return pooled;
  const Scatter each = scatter_of_each(a, b);
  return each.variance <= pooled.variance ? pooled : each;
}

Scatter scatter_of_each(std::span<const double> a, std::span<const double> b) {
  if (a.size() < 2 || b.size() < 2) return scatter_of(a.size() < 2 ? b : a);
  const double part_a = scatter_of(a).variance / static_cast<double>(a.size());
  const double part_b = scatter_of(b).variance / static_cast<double>(b.size());
  const double shares = 1 / static_cast<double>(a.size()) + 1 / static_cast<double>(b.size());
  const double parts =
      part_a * part_a / static_cast<double>(a.size() - 1) + part_b * part_b / static_cast<double>(b.size() - 1);
  const auto all = static_cast<double>(a.size() + b.size() - 2);
  return {(part_a + part_b) / shares,
          parts > 0 ? (part_a + part_b) * (part_a + part_b) / parts : all};  // Satterthwaite's
}

double freedom_of_noisy_cell(double own, double with_lent) { return std::sqrt(own * with_lent); }

std::vector<Scatter> moderated(std::span<const Scatter> cells) {
  const Scatter prior = prior_of(cells);
  double all = 0;
  for (const Scatter& cell : cells) all += cell.freedom;
  std::vector<Scatter> out(cells.begin(), cells.end());
  if (prior.freedom <= 0) return out;
  for (Scatter& cell : out) {
    if (cell.freedom <= 0) continue;
    const double freedom = std::min(prior.freedom + cell.freedom, all);
    const double variance =
        std::isinf(prior.freedom)
            ? prior.variance
            : (prior.freedom * prior.variance + cell.freedom * cell.variance) / (prior.freedom + cell.freedom);
    if (variance >= cell.variance) {
      cell = {variance, freedom};
    } else {
      cell.freedom = freedom_of_noisy_cell(cell.freedom, freedom);
    }
  }
  return out;
}

}  // namespace cbench
