#include "sweep/curve/curve_rates.hpp"

#include <cmath>

namespace cbench {
namespace {

constexpr double lowest = 0.1;
constexpr double last_below = 0.95;
constexpr double beyond = 1.05;

double whole_percent(double share) { return std::round(share * 100) / 100; }

}  // namespace

std::vector<double> load_shares(std::size_t points) {
  const std::size_t below = points - 2;
  const double factor = std::pow((1 - last_below) / (1 - lowest), 1 / static_cast<double>(below - 1));
  std::vector<double> shares;
  double left = 1 - lowest;
  for (std::size_t i = 0; i < below; ++i) {
    shares.push_back(whole_percent(1 - left));
    left *= factor;
  }
  shares.push_back(1);
  shares.push_back(beyond);
  return shares;
}

double rate_at(double share, double capacity_per_s) {
  const double rate = share * capacity_per_s;
  const double step = std::pow(10, std::floor(std::log10(rate)) - 3);
  return std::round(rate / step) * step;
}

}  // namespace cbench
