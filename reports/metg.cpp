#include "reports/metg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "reports/human.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The repetitions at one size.
struct Size {
  double task_s = 0;
  std::vector<double> efficiencies;
  double mean = 0;
};

std::vector<Size> sizes_of(std::span<const GranularityPoint> points) {
  std::map<double, std::vector<double>> grouped;
  for (const GranularityPoint& point : points) {
    if (std::isfinite(point.task_s) && point.task_s > 0 && std::isfinite(point.efficiency)) {
      grouped[point.task_s].push_back(point.efficiency);
    }
  }
  std::vector<Size> sizes;
  for (auto& [task_s, efficiencies] : grouped) {
    const double mean = mean_of(efficiencies);
    sizes.push_back({task_s, std::move(efficiencies), mean});
  }
  return sizes;
}

// 0 where even the smallest size reaches the target, infinity where even the largest does not.
double crossing(const std::vector<Size>& sizes, const std::vector<double>& means, double target) {
  std::size_t at = sizes.size();
  while (at > 0 && means[at - 1] >= target) --at;
  if (at == sizes.size()) return infinity;
  if (at == 0) return 0;
  const double below = means[at - 1];
  const double share = (target - below) / (means[at] - below);
  return sizes[at - 1].task_s * std::pow(sizes[at].task_s / sizes[at - 1].task_s, share);
}

Interval interval_of(const std::vector<Size>& sizes, double target, std::uint32_t resamples, std::uint64_t seed) {
  std::vector<double> pool;
  double freedom = 0;
  for (const Size& size : sizes) {
    const auto n = static_cast<double>(size.efficiencies.size());
    if (size.efficiencies.size() < 2) continue;
    freedom += n - 1;
    for (const double efficiency : size.efficiencies) pool.push_back((efficiency - size.mean) * std::sqrt(n / (n - 1)));
  }
  if (freedom == 0) return {0, infinity};
  Random random(seed);
  std::vector<double> draws(resamples);
  std::vector<double> means(sizes.size());
  for (double& draw : draws) {
    const double scale = random.scale_of_estimate(freedom);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      double sum = 0;
      for (std::size_t k = 0; k < sizes[i].efficiencies.size(); ++k) sum += pool[random.index(pool.size())];
      means[i] = sizes[i].mean + scale * sum / static_cast<double>(sizes[i].efficiencies.size());
    }
    draw = crossing(sizes, means, target);
  }
  return central_interval(std::move(draws), 0.95);
}

}  // namespace

Metg metg(std::span<const GranularityPoint> points, double target, std::uint32_t resamples, std::uint64_t seed) {
  Metg result{.target = target, .task_s = std::nullopt, .interval = {0, infinity}, .refused = ""};
  const std::vector<Size> sizes = sizes_of(points);
  if (sizes.empty()) {
    result.refused = "nothing was measured";
    return result;
  }
  std::vector<double> means;
  for (const Size& size : sizes) means.push_back(size.mean);
  const double size = crossing(sizes, means, target);
  if (std::isinf(size)) {
    result.refused = fmt::format("no point on the upper side: the largest task, {}, reaches only {}",
                                 human_us(sizes.back().task_s * 1e6), human_percent(means.back()));
  } else if (size == 0) {
    result.refused = fmt::format("no point on the lower side: even the smallest task, {}, reaches {}",
                                 human_us(sizes.front().task_s * 1e6), human_percent(means.front()));
  } else {
    result.task_s = size;
    result.interval = interval_of(sizes, target, resamples, seed);
  }
  return result;
}

std::vector<Metg> metg_table(std::span<const GranularityPoint> points) {
  std::vector<Metg> table;
  for (const double target : std::array{0.5, 0.75, 0.8, 0.9, 0.95}) table.push_back(metg(points, target));
  return table;
}

}  // namespace cbench
