// The scaling laws as formulas: throughput over n, from coefficients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cbench {

enum class Law : std::uint8_t {
  little,         // X(n) = g n, n tasks in flight: each takes 1/g, whatever the others do (the bound of Little's law)
  saturation,     // X(n) = min(g n, c): in proportion until a resource of capacity c is busy all the time
  amdahl,         // X(n) = g n / (1 + a (n - 1))
  usl,            // X(n) = g n / (1 + a (n - 1) + b n (n - 1)), the universal scalability law
  gustafson,      // X(n) = g (n - a (n - 1)): scaled speedup
  capped_amdahl,  // X(n) = min(g n / (1 + a (n - 1)), c): Amdahl's law until a resource of capacity c is busy
};
std::string_view name_of(Law law);
std::size_t parameter_count(Law law);

// gamma: throughput at n = 1. alpha, in [0, 1]: contention, the serial fraction. beta >= 0: coherency.
struct Coefficients {
  double gamma = 0;
  double alpha = 0;
  double beta = 0;
  double capacity = 0;  // of saturation and capped_amdahl; infinite where it was not reached
};

double throughput_at(Law law, const Coefficients& coefficients, double n);

// 1 + a (n - 1) + b n (n - 1), which divides g n in all laws but Gustafson's; 0 or less beyond their pole.
double denominator_of(const Coefficients& coefficients, double n);

// The n at which throughput is highest, sqrt((1 - a) / b), but no less than 1: nobody runs on a part of a worker. Not
// where beta is 0.
std::optional<double> peak_of(const Coefficients& coefficients);

}  // namespace cbench
