#include "reports/stats/law.hpp"

#include <algorithm>
#include <cmath>

namespace cbench {

std::string_view name_of(Law law) {
  switch (law) {
    case Law::little: return "little";
    case Law::saturation: return "saturation";
    case Law::amdahl: return "amdahl";
    case Law::usl: return "usl";
    case Law::gustafson: return "gustafson";
    case Law::capped_amdahl: return "capped_amdahl";
  }
  return "";
}

std::size_t parameter_count(Law law) {
  return law == Law::little ? 1 : law == Law::usl || law == Law::capped_amdahl ? 3 : 2;
}

double denominator_of(const Coefficients& c, double n) { return 1 + c.alpha * (n - 1) + c.beta * n * (n - 1); }

double throughput_at(Law law, const Coefficients& coefficients, double n) {
  if (law == Law::gustafson) {
    return coefficients.gamma * (n - coefficients.alpha * (n - 1));
  }
  if (law == Law::saturation) {
    return std::min(coefficients.gamma * n, coefficients.capacity);
  }
  const double uncapped = coefficients.gamma * n / denominator_of(coefficients, n);
  return law == Law::capped_amdahl ? std::min(uncapped, coefficients.capacity) : uncapped;
}

std::optional<double> peak_of(const Coefficients& coefficients) {
  if (coefficients.beta <= 0) {
    return std::nullopt;
  }
  return std::max(1.0, std::sqrt((1 - coefficients.alpha) / coefficients.beta));
}

}  // namespace cbench
