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

// 0 where no size beside it falls short, infinity where none keeps the target.
double metg_of(std::span<const GranularitySize> sizes, double target) {
  const std::size_t at = smallest_kept(sizes, target);
  if (at == sizes.size()) return infinity;
  if (at == 0) return 0;
  const GranularitySize& kept = sizes[at];
  const GranularitySize& below = sizes[at - 1];
  if (below.middle <= 0 || below.granularity_s() >= kept.granularity_s()) return kept.granularity_s();
  const double share = (target - below.middle) / (kept.middle - below.middle);
  return std::lerp(below.granularity_s(), kept.granularity_s(), share);
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
  std::vector<GranularitySize> drawn = sizes;
  for (double& draw : draws) {
    const double scale = random.scale_of_estimate(freedom);
    for (std::size_t i = 0; i < sizes.size(); ++i) {  // one that was measured once is as uncertain as the others
      std::vector<double> errors;
      for (std::size_t k = 0; k < sizes[i].efficiencies.size(); ++k) errors.push_back(pool[random.index(pool.size())]);
      drawn[i].middle = sizes[i].middle + scale * median_of(std::move(errors));
    }
    draw = metg_of(drawn, target);
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

std::size_t smallest_kept(std::span<const GranularitySize> sizes, double target) {
  std::size_t smallest = sizes.size();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const bool kept = sizes[i].middle >= target;
    const bool smaller = smallest == sizes.size() || sizes[i].granularity_s() < sizes[smallest].granularity_s();
    if (kept && smaller) smallest = i;
  }
  return smallest;
}

Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples, std::uint64_t seed) {
  Metg result{.target = target, .granularity_s = std::nullopt, .interval = {0, infinity}, .refused = ""};
  const std::vector<GranularitySize> sizes = sizes_of(points);
  if (sizes.empty()) {
    result.refused = "nothing was measured";
    return result;
  }
  const double found = metg_of(sizes, target);
  const GranularitySize& smallest = sizes.front();
  const auto& best =
      *std::max_element(sizes.begin(), sizes.end(),
                        [](const GranularitySize& a, const GranularitySize& b) { return a.middle < b.middle; });
  if (std::isinf(found)) {
    result.is_never_kept = true;
    result.refused = fmt::format("no point on the upper side: up to tasks of {} it reaches only {}",
                                 human_us(sizes.back().task_s * 1e6), human_percent(best.middle));
  } else if (found == 0) {
    result.refused = fmt::format("no point on the lower side: even the smallest task, {}, reaches {}",
                                 human_us(smallest.task_s * 1e6), human_percent(smallest.middle));
  } else {
    result.granularity_s = found;
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
