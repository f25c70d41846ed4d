#include "reports/stats/metg.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// 0 where even the smallest size reaches the target, infinity where even the largest does not.
double crossing(const std::vector<GranularitySize>& sizes, const std::vector<double>& middles, double target) {
  std::size_t at = sizes.size();
  while (at > 0 && middles[at - 1] >= target) --at;
  if (at == sizes.size()) return infinity;
  if (at == 0) return 0;
  const double below = middles[at - 1];
  const double share = (target - below) / (middles[at] - below);
  return sizes[at - 1].task_s * std::pow(sizes[at].task_s / sizes[at - 1].task_s, share);
}

Interval interval_of(const std::vector<GranularitySize>& sizes, double target, std::uint32_t resamples,
                     std::uint64_t seed) {
  std::vector<double> pool;
  double freedom = 0;
  for (const GranularitySize& size : sizes) {
    const auto n = static_cast<double>(size.efficiencies.size());
    if (size.efficiencies.size() < 2) continue;
    freedom += n - 1;
    const double mean = mean_of(size.efficiencies);
    for (const double efficiency : size.efficiencies) pool.push_back((efficiency - mean) * std::sqrt(n / (n - 1)));
  }
  if (freedom == 0) return {0, infinity};
  Random random(seed);
  std::vector<double> draws(resamples);
  std::vector<double> middles(sizes.size());
  for (double& draw : draws) {
    const double scale = random.scale_of_estimate(freedom);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      middles[i] = sizes[i].middle;
      if (sizes[i].efficiencies.size() < 2) continue;
      std::vector<double> errors;
      for (std::size_t k = 0; k < sizes[i].efficiencies.size(); ++k) errors.push_back(pool[random.index(pool.size())]);
      middles[i] += scale * median_of(std::move(errors));
    }
    draw = crossing(sizes, middles, target);
  }
  return central_interval(std::move(draws), 0.95);
}

}  // namespace

std::vector<GranularitySize> sizes_of(std::span<const GranularityPoint> points) {
  std::map<double, std::vector<double>> grouped;
  for (const GranularityPoint& point : points) {
    if (std::isfinite(point.task_s) && point.task_s > 0 && std::isfinite(point.efficiency)) {
      grouped[point.task_s].push_back(point.efficiency);
    }
  }
  std::vector<GranularitySize> sizes;
  for (auto& [task_s, efficiencies] : grouped) {
    const double middle = median_of(efficiencies);
    sizes.push_back({task_s, std::move(efficiencies), middle});
  }
  return sizes;
}

std::size_t kept_from(std::span<const GranularitySize> sizes, double target) {
  std::size_t at = sizes.size();
  while (at > 0 && sizes[at - 1].middle >= target) --at;
  return at;
}

Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples, std::uint64_t seed) {
  Metg result{.target = target, .task_s = std::nullopt, .interval = {0, infinity}, .refused = ""};
  const std::vector<GranularitySize> sizes = sizes_of(points);
  if (sizes.empty()) {
    result.refused = "nothing was measured";
    return result;
  }
  std::vector<double> middles;
  middles.reserve(sizes.size());
  for (const GranularitySize& size : sizes) middles.push_back(size.middle);
  const double size = crossing(sizes, middles, target);
  if (std::isinf(size)) {
    result.refused = fmt::format("no point on the upper side: the largest task, {}, reaches only {}",
                                 human_us(sizes.back().task_s * 1e6), human_percent(middles.back()));
  } else if (size == 0) {
    result.refused = fmt::format("no point on the lower side: even the smallest task, {}, reaches {}",
                                 human_us(sizes.front().task_s * 1e6), human_percent(middles.front()));
  } else {
    result.task_s = size;
    result.interval = interval_of(sizes, target, resamples, seed);
  }
  return result;
}

std::vector<Metg> metg_table(std::span<const GranularityPoint> points, std::span<const double> targets) {
  std::vector<Metg> table;
  for (const double target : targets) table.push_back(metg(points, target));
  return table;
}

std::vector<double> default_targets(std::uint32_t at_once) {
  return at_once == 2 ? std::vector{0.5, 0.75, 0.8, 0.9} : std::vector{0.5, 0.8};
}

}  // namespace cbench
