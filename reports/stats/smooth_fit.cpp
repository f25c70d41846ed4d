#include "reports/stats/smooth_fit.hpp"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <gsl/gsl_multifit_nlinear.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

namespace cbench {
namespace {

// Which of (gamma, alpha, beta) are searched for; the others stay where the start has them.
using Free = std::array<bool, 3>;

struct Problem {
  Law law;
  std::span<const MeanPoint> points;
  Free free;
  Coefficients at;  // holds the parameters that are not free
};

double* parameter(Coefficients& coefficients, std::size_t index) {
  return index == 0 ? &coefficients.gamma : index == 1 ? &coefficients.alpha : &coefficients.beta;
}

Coefficients with_free(const Problem& problem, const gsl_vector* x) {
  Coefficients coefficients = problem.at;
  std::size_t next = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (problem.free[i]) {
      *parameter(coefficients, i) = gsl_vector_get(x, next++);
    }
  }
  return coefficients;
}

int residuals(const gsl_vector* x, void* data, gsl_vector* f) {
  const auto& problem = *static_cast<const Problem*>(data);
  const Coefficients coefficients = with_free(problem, x);
  for (std::size_t i = 0; i < problem.points.size(); ++i) {
    const MeanPoint& point = problem.points[i];
    double residual = throughput_at(problem.law, coefficients, point.n) - point.throughput;
    // Beyond a pole the law means nothing: a residual that makes the solver step back.
    if (problem.law != Law::gustafson && denominator_of(coefficients, point.n) <= 0) {
      residual = 1e6 * (1 + std::abs(point.throughput));
    }
    gsl_vector_set(f, i, residual);
  }
  return GSL_SUCCESS;
}

int jacobian(const gsl_vector* x, void* data, gsl_matrix* j) {
  const auto& problem = *static_cast<const Problem*>(data);
  const Coefficients c = with_free(problem, x);
  for (std::size_t i = 0; i < problem.points.size(); ++i) {
    const double n = problem.points[i].n;
    std::array<double, 3> slope{};
    if (problem.law == Law::gustafson) {
      slope = {n - c.alpha * (n - 1), -c.gamma * (n - 1), 0};
    } else {
      const double d = denominator_of(c, n);
      slope = {n / d, -c.gamma * n * (n - 1) / (d * d), -c.gamma * n * n * (n - 1) / (d * d)};
    }
    std::size_t next = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      if (problem.free[k]) {
        gsl_matrix_set(j, i, next++, slope[k]);
      }
    }
  }
  return GSL_SUCCESS;
}

struct SolverDeleter {
  void operator()(gsl_multifit_nlinear_workspace* solver) const { gsl_multifit_nlinear_free(solver); }
};
struct LinearDeleter {
  void operator()(gsl_multifit_linear_workspace* solver) const { gsl_multifit_linear_free(solver); }
};

struct MatrixDeleter {
  void operator()(gsl_matrix* matrix) const { gsl_matrix_free(matrix); }
};

// The diagonal of the hat matrix, J (J'J)^-1 J', at the solver's position.
std::vector<double> leverage_of(const gsl_multifit_nlinear_workspace* solver) {
  const gsl_matrix* j = gsl_multifit_nlinear_jac(solver);  // with the square roots of the weights
  const std::unique_ptr<gsl_matrix, MatrixDeleter> covariance(gsl_matrix_alloc(j->size2, j->size2));
  const std::unique_ptr<gsl_matrix, MatrixDeleter> product(gsl_matrix_alloc(j->size1, j->size2));
  gsl_multifit_nlinear_covar(j, 0, covariance.get());
  gsl_blas_dgemm(CblasNoTrans, CblasNoTrans, 1, j, covariance.get(), 0, product.get());
  std::vector<double> leverage(j->size1);
  for (std::size_t i = 0; i < leverage.size(); ++i) {
    const auto row = gsl_matrix_const_row(j, i);
    const auto through = gsl_matrix_const_row(product.get(), i);
    gsl_blas_ddot(&row.vector, &through.vector, &leverage[i]);
  }
  return leverage;
}

// Levenberg-Marquardt from `start` over the free parameters, without bounds.
std::optional<LeastSquares> solve(Law law, std::span<const MeanPoint> points, const Free& free,
                                  const Coefficients& start, bool with_leverage) {
  const auto parameters = static_cast<std::size_t>(std::count(free.begin(), free.end(), true));
  if (points.size() < parameters) {
    return std::nullopt;
  }
  Problem problem{law, points, free, start};
  gsl_multifit_nlinear_fdf system{};
  system.f = residuals;
  system.df = jacobian;
  system.n = points.size();
  system.p = parameters;
  system.params = &problem;

  std::array<double, 3> first{};
  std::size_t next = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (free[i]) {
      first[next++] = *parameter(problem.at, i);
    }
  }
  std::vector<double> weights(points.size());
  std::transform(points.begin(), points.end(), weights.begin(), [](const MeanPoint& point) { return point.weight; });
  const auto x = gsl_vector_view_array(first.data(), parameters);
  const auto w = gsl_vector_view_array(weights.data(), weights.size());

  auto settings = gsl_multifit_nlinear_default_parameters();
  settings.solver =
      gsl_multifit_nlinear_solver_qr;  // the parameters differ by orders of magnitude: no normal equations
  const std::unique_ptr<gsl_multifit_nlinear_workspace, SolverDeleter> solver(
      gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &settings, points.size(), parameters));
  int reason = 0;
  gsl_multifit_nlinear_winit(&x.vector, &w.vector, &system, solver.get());
  // A status that is not success means "no further progress possible", which is an end like another: the sum of
  // squares decides between candidates.
  const double tolerance = with_leverage ? 1e-12 : 1e-6;  // of many samples none needs more digits than they differ in
  gsl_multifit_nlinear_driver(200, tolerance, tolerance * 1e-2, 0, nullptr, nullptr, &reason, solver.get());
  const Coefficients found = with_free(problem, gsl_multifit_nlinear_position(solver.get()));
  const double sum = squares_of(law, points, found);
  if (!std::isfinite(sum)) {
    return std::nullopt;
  }
  LeastSquares result{found, sum, {}};
  if (with_leverage) {
    result.leverage = leverage_of(solver.get());
  }
  return result;
}

bool within_bounds(const Coefficients& c) { return c.gamma >= 0 && c.alpha >= 0 && c.alpha <= 1 && c.beta >= 0; }

// A start from the linear form n / X = (1 + a (n - 1) + b n (n - 1)) / g, by linear least squares; for Gustafson's law
// X itself is linear in g and g a.
Coefficients linear_start(Law law, std::span<const MeanPoint> points) {
  Coefficients fallback{.gamma = 0, .alpha = 0.01, .beta = law == Law::usl ? 1e-4 : 0};
  for (const MeanPoint& point : points) {
    fallback.gamma = std::max(fallback.gamma, point.throughput / point.n);
  }
  const std::size_t parameters = parameter_count(law);
  if (std::any_of(points.begin(), points.end(), [](const MeanPoint& point) { return point.throughput <= 0; })) {
    return fallback;
  }
  std::vector<double> terms;
  std::vector<double> values;
  std::vector<double> weights;
  for (const MeanPoint& point : points) {
    const double n = point.n;
    if (law == Law::gustafson) {
      terms.insert(terms.end(), {n, n - 1});
      values.push_back(point.throughput);
      weights.push_back(point.weight);
      continue;
    }
    const std::array<double, 3> all{1, n - 1, n * (n - 1)};
    terms.insert(terms.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(parameters));
    values.push_back(n / point.throughput);
    weights.push_back(point.weight * std::pow(point.throughput, 4) / (n * n));
  }
  const std::unique_ptr<gsl_multifit_linear_workspace, LinearDeleter> solver(
      gsl_multifit_linear_alloc(points.size(), parameters));
  std::vector<double> c(3);
  std::vector<double> covariance(parameters * parameters);
  double squares = 0;
  const auto matrix = gsl_matrix_const_view_array(terms.data(), points.size(), parameters);
  const auto y = gsl_vector_const_view_array(values.data(), values.size());
  const auto w = gsl_vector_const_view_array(weights.data(), weights.size());
  auto solution = gsl_vector_view_array(c.data(), parameters);
  auto spread = gsl_matrix_view_array(covariance.data(), parameters, parameters);
  gsl_multifit_wlinear(&matrix.matrix, &w.vector, &y.vector, &solution.vector, &spread.matrix, &squares, solver.get());
  if (!(c[0] > 0)) {
    return fallback;
  }
  if (law == Law::gustafson) {
    return {.gamma = c[0], .alpha = std::clamp(-c[1] / c[0], 0.0, 1.0)};
  }
  return {.gamma = 1 / c[0], .alpha = std::clamp(c[1] / c[0], 0.0, 1.0), .beta = std::max(0.0, c[2] / c[0])};
}

}  // namespace

double squares_of(Law law, std::span<const MeanPoint> points, const Coefficients& coefficients) {
  double sum = 0;
  for (const MeanPoint& point : points) {
    const double residual = throughput_at(law, coefficients, point.n) - point.throughput;
    sum += point.weight * residual * residual;
  }
  return sum;
}

std::optional<LeastSquares> fit_smooth_law(Law law, std::span<const MeanPoint> points, const Coefficients* start) {
  gsl_set_error_handler_off();  // GSL ends the program otherwise; what it returns is judged by its sum of squares
  if (points.size() < parameter_count(law) ||
      std::none_of(points.begin(), points.end(), [](const MeanPoint& point) { return point.throughput > 0; })) {
    return std::nullopt;
  }
  const bool with_leverage = start == nullptr;
  const bool has_alpha = law != Law::little;
  const bool has_beta = law == Law::usl;
  Coefficients from = start != nullptr ? *start : linear_start(law, points);
  if (!has_alpha) {
    from.alpha = 0;
  }
  if (!has_beta) {
    from.beta = 0;
  }
  if (auto free = solve(law, points, {true, has_alpha, has_beta}, from, with_leverage)) {
    if (within_bounds(free->coefficients)) {
      return free;
    }
  }
  // The best point is outside of the bounds, so the best one inside lies on a bound: search each of them.
  std::vector<LeastSquares> inside;
  const auto consider = [&](const Free& free, const Coefficients& at) {
    if (auto found = solve(law, points, free, at, with_leverage); found && within_bounds(found->coefficients)) {
      inside.push_back(std::move(*found));
    }
  };
  for (const double alpha : {0.0, 1.0}) {
    if (has_alpha) {
      consider({true, false, has_beta}, {.gamma = from.gamma, .alpha = alpha, .beta = from.beta});
      consider({true, false, false}, {.gamma = from.gamma, .alpha = alpha});
    }
  }
  if (has_beta) {
    consider({true, true, false}, {.gamma = from.gamma, .alpha = from.alpha});
  }
  const auto best = std::min_element(inside.begin(), inside.end(), [](const LeastSquares& a, const LeastSquares& b) {
    return a.sum_of_squares < b.sum_of_squares;
  });
  return best == inside.end() ? std::nullopt : std::optional(std::move(*best));
}

}  // namespace cbench
