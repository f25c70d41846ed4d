#include "reports/findings/cells/percentiles.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "reports/stats/comparison.hpp"

namespace cbench {

Latency merged(std::span<const Latency* const> times, std::uint64_t tasks) {
  Histogram all;
  bool in_each = true;
  for (const Latency* one : times) {
    if (one->histogram) all.merge(*one->histogram);
    in_each = in_each && one->histogram;
  }
  if (in_each || all.total() == tasks) return summarise(std::move(all));
  const auto values = [&](double Latency::*value) {
    std::vector<double> out;
    for (const Latency* one : times) out.push_back(one->*value);
    return out;
  };
  const auto middle = [&](double Latency::*value) { return median_of(values(value)); };
  return {{.mean_us = middle(&Latency::mean_us),
           .p50_us = middle(&Latency::p50_us),
           .p90_us = middle(&Latency::p90_us),
           .p99_us = middle(&Latency::p99_us),
           .p999_us = middle(&Latency::p999_us),
           .max_us = std::ranges::max(values(&Latency::max_us))},
          std::nullopt};
}

// Fractions like 0.99 are not exact.
bool tells_percentile(std::uint64_t tasks, double fraction) {
  return static_cast<double>(tasks) * (1 - fraction) > 10 - 1e-6;
}

bool littles_law_holds(const LoadSpec& load, double littles_in_flight) {
  constexpr double tolerance = 0.1;
  if (load.kind != LoadKind::closed || load.concurrency <= 1 || littles_in_flight <= 0) return true;
  return std::abs(littles_in_flight / load.concurrency - 1) <= tolerance;
}

}  // namespace cbench
