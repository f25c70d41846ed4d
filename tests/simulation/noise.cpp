#include "tests/simulation/noise.hpp"

#include <cmath>

namespace cbench::simulation {
namespace {

double uniform(Random& random) { return (static_cast<double>(random.index(1U << 30)) + 0.5) / (1U << 30); }

constexpr Noise known[] = {
    {"normal", [](Random& random, double size) { return size * random.normal(); }},
    {"lopsided", [](Random& random, double size) { return size * std::log(uniform(random)); }},
    {"heavy tails",
     [](Random& random, double size) {
       return size * random.normal() / std::sqrt(random.chi_squared(3) / 3) / std::sqrt(3.0);
     }},
    {"stalls",
     [](Random& random, double size) {
       const double stall = random.index(10) == 0 ? 0.05 + 0.3 * uniform(random) : 0;
       return size * random.normal() - stall;
     }},
};

}  // namespace

const Noise two_modes{"two modes", [](Random& random, double size) {
                        return size * (random.index(2) == 0 ? 1 : -1) + 0.2 * size * random.normal();
                      }};

std::span<const Noise> noises() { return known; }

std::vector<double> drawn(Random& random, const Noise& noise, std::size_t count, double middle, double size) {
  std::vector<double> values(count);
  for (double& value : values) value = middle * std::exp(noise.draw(random, size));
  return values;
}

std::vector<double> drawn_in_a_row(Random& random, std::size_t count, double middle, double size, double share) {
  std::vector<double> values(count);
  double error = random.normal();
  for (double& value : values) {
    value = middle * std::exp(size * error);
    error = share * error + std::sqrt(1 - share * share) * random.normal();
  }
  return values;
}

double size_of_cell(Random& random, Sizes sizes, double size) {
  return sizes == Sizes::alike ? size : size * std::exp(0.7 * random.normal());
}

}  // namespace cbench::simulation
