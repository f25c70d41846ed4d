// Least squares of one smooth scaling law through the mean throughput at each n, on GSL's nonlinear solver.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "reports/stats/law.hpp"

namespace cbench {

// The mean of the trials at one n, and how much a squared residual from it counts.
struct MeanPoint {
  double n = 0;
  double throughput = 0;
  double weight = 1;
};

struct LeastSquares {
  Coefficients coefficients;
  double sum_of_squares = 0;     // weighted
  std::vector<double> leverage;  // of each point: how much of its own error the fit follows, 0 to 1
};

// All parameters of a law without a bend jointly, within their bounds. `start` spares the search for one, where many
// samples of the same points are fitted: of those there is no leverage. Nothing where there are fewer points than
// parameters, or no throughput is above 0.
std::optional<LeastSquares> fit_smooth_law(Law law, std::span<const MeanPoint> points,
                                           const Coefficients* start = nullptr);

// The weighted sum of squared residuals.
double squares_of(Law law, std::span<const MeanPoint> points, const Coefficients& coefficients);

}  // namespace cbench
