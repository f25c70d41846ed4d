// Least squares of one scaling law, with a bend or without, through the mean throughput at each n: the mathematics
// alone. What is resampled is in scaling_laws.hpp, which law is chosen in scaling_findings.hpp.
#pragma once

#include <optional>
#include <span>

#include "reports/stats/law.hpp"
#include "reports/stats/smooth_fit.hpp"

namespace cbench {

// All parameters of the law jointly, within their bounds. A law with a bend is never worse than the same without: where
// no bend is better, its capacity was not reached. `start` spares the search for one, where many samples of the
// same points are fitted: of those there is no leverage. Nothing where there are fewer points than parameters, or no
// throughput is above 0.
std::optional<LeastSquares> fit_law(Law law, std::span<const MeanPoint> points, const Coefficients* start = nullptr);

}  // namespace cbench
