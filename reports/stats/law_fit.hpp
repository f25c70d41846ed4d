// Least squares of one scaling law through the mean throughput at each n: the mathematics alone, on GSL's nonlinear
// solver. What is resampled, which law is chosen and how it is said is in scaling_laws.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace cbench {

enum class Law : std::uint8_t {
  little,      // X(n) = g n, n tasks in flight: each takes 1/g, whatever the others do (the bound of Little's law)
  saturation,  // X(n) = min(g n, c): Little's bound until a resource of capacity c is busy all the time
  amdahl,      // X(n) = g n / (1 + a (n - 1))
  usl,         // X(n) = g n / (1 + a (n - 1) + b n (n - 1)), the universal scalability law
  gustafson,   // X(n) = g (n - a (n - 1)): scaled speedup
};
std::string_view name_of(Law law);
std::size_t parameter_count(Law law);

// gamma: throughput at n = 1. alpha, in [0, 1]: contention, the serial fraction. beta >= 0: coherency.
struct Coefficients {
  double gamma = 0;
  double alpha = 0;
  double beta = 0;
  double capacity = 0;  // of saturation alone
};

double throughput_at(Law law, const Coefficients& coefficients, double n);

// The n at which throughput is highest, sqrt((1 - a) / b): not where beta is 0.
std::optional<double> peak_of(const Coefficients& coefficients);

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

// All parameters of the law jointly, within their bounds. `start` spares the search for one, where many samples of the
// same points are fitted. Nothing where there are fewer points than parameters, or no throughput is above 0.
std::optional<LeastSquares> fit_law(Law law, std::span<const MeanPoint> points, const Coefficients* start = nullptr);

}  // namespace cbench
