#include "sweep/metg/metg_search.hpp"

#include <algorithm>
#include <cmath>

namespace cbench {
namespace {

// Sizes are whole numbers of rounds or of nanoseconds: an end of the range is met to within one of them.
constexpr double near_most = 0.99;
constexpr double near_least = 1.1;

}  // namespace

std::optional<double> next_size(std::span<const GranularityPoint> points, const MetgSearch& search) {
  if (points.size() >= search.most_points || search.targets.empty()) return std::nullopt;
  const std::vector<GranularitySize> sizes = sizes_of(points);
  if (sizes.empty()) return points.empty() ? std::optional(search.start_s) : std::nullopt;
  const auto [lowest, highest] = std::ranges::minmax(search.targets);

  // A size on either side of every target.
  if (sizes.back().middle < highest && sizes.back().task_s < near_most * search.most_s) {
    return std::min(sizes.back().task_s * search.step, search.most_s);
  }
  if (sizes.front().middle >= lowest && sizes.front().task_s > near_least * search.least_s) {
    return std::max(sizes.front().task_s / search.step, search.least_s);
  }
  const auto rarer = [&](const GranularitySize& size) { return size.efficiencies.size() < search.repetitions; };
  const auto crossings = [&](auto look) -> std::optional<double> {
    for (const double target : search.targets) {
      const std::size_t at = smallest_kept(sizes, target);
      if (at == 0 || at == sizes.size()) continue;
      if (const auto size = look(at, target)) return size;
    }
    return std::nullopt;
  };
  const auto between = [&](std::size_t at, double) -> std::optional<double> {
    if (sizes[at].task_s <= sizes[at - 1].task_s * search.finest) return std::nullopt;
    return std::sqrt(sizes[at - 1].task_s * sizes[at].task_s);
  };
  if (const auto size = crossings(between)) return size;
  const auto again = [&](std::size_t at, double) -> std::optional<double> {
    const bool below = sizes[at - 1].efficiencies.size() < sizes[at].efficiencies.size();
    const GranularitySize& size = below ? sizes[at - 1] : sizes[at];
    return rarer(size) ? std::optional(size.task_s) : std::nullopt;
  };
  return crossings(again);
}

}  // namespace cbench
