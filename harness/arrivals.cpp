#include "harness/arrivals.hpp"

#include <algorithm>
#include <cmath>

#include "workloads/digest.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t of_arrivals = 0x6172726976616c73;  // "arrivals"
constexpr double latest_ns = 1e18;                         // beyond every window, and well within 64 bits

}  // namespace

std::uint64_t seed_of_arrivals(std::uint64_t seed) { return mix64(mix64(seed) ^ of_arrivals); }

ArrivalRule arrival_rule(const LoadSpec& load, std::uint64_t seed_of_arrivals) {
  return {.rate_per_s = load.rate_per_s, .poisson = load.poisson, .seed = seed_of_arrivals};
}

Arrivals::Arrivals(const ArrivalRule& rule) : rule_(rule) { add_gap(); }

std::uint64_t Arrivals::due_ns() const {
  const double at = rule_.poisson ? gaps_ : static_cast<double>(number_);
  return static_cast<std::uint64_t>(std::min(at / rule_.rate_per_s * 1e9, latest_ns));
}

void Arrivals::advance() {
  ++number_;
  add_gap();
}

void Arrivals::add_gap() {
  if (!rule_.poisson) return;
  const double u = static_cast<double>(mix64(rule_.seed + number_) >> 11U) * 0x1p-53;
  gaps_ -= std::log(1 - u);
}

std::uint64_t arrivals_before(const ArrivalRule& rule, std::chrono::nanoseconds after_epoch) {
  Arrivals arrivals(rule);
  while (arrivals.due_ns() < static_cast<std::uint64_t>(after_epoch.count())) arrivals.advance();
  return arrivals.number();
}

}  // namespace cbench
