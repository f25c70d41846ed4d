#include "reports/stats/knee.hpp"

#include <algorithm>

#include "reports/stats/tiers.hpp"

namespace cbench {
namespace {

constexpr std::size_t fewest_points = 3;

double mean_power(const LoadPower& point) {
  double sum = 0;
  for (const double power : point.powers) sum += power;
  return sum / static_cast<double>(point.powers.size());
}

}  // namespace

std::optional<Knee> knee_of(std::span<const LoadPower> points) {
  if (points.size() < fewest_points) return std::nullopt;
  std::vector<std::vector<double>> powers;
  std::vector<std::size_t> places;  // of these among the points
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!points[i].kept_up || points[i].powers.empty()) continue;
    powers.push_back(points[i].powers);
    places.push_back(i);
  }
  if (powers.empty()) return std::nullopt;
  const std::vector<TierPlace> tiers = tiers_of(powers, true);
  std::size_t first = points.size();
  std::size_t last = 0;
  std::size_t best = places.front();
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    if (tiers[i].tier != 1) continue;
    first = std::min(first, places[i]);
    last = std::max(last, places[i]);
    if (mean_power(points[places[i]]) > mean_power(points[best])) best = places[i];
  }
  if (last + 1 >= points.size()) return std::nullopt;
  return Knee{.at_per_s = points[best].rate_per_s,
              .low_per_s = first == 0 ? 0 : points[first - 1].rate_per_s,
              .high_per_s = points[last + 1].rate_per_s};
}

}  // namespace cbench
