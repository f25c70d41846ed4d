#include "reports/stats/law_fit.hpp"

#include <algorithm>
#include <vector>

namespace cbench {
namespace {

// The mean of the points from `first` on.
struct Flat {
  double capacity = 0;
  double weight = 0;
};
Flat flat_from(std::span<const MeanPoint> points, std::size_t first) {
  Flat flat;
  for (const MeanPoint& point : points.subspan(first)) {
    flat.capacity += point.weight * point.throughput;
    flat.weight += point.weight;
  }
  flat.capacity /= flat.weight;
  return flat;
}

// The bend lies between two of the n: for each place, the slope is that of the points before it and the capacity the
// mean of those after it. One point at least lies on either side.
std::optional<LeastSquares> fit_saturation(std::span<const MeanPoint> points) {
  std::optional<LeastSquares> best;
  for (std::size_t split = 1; split < points.size(); ++split) {
    double slope = 0;
    double slope_weight = 0;
    for (const auto& [n, throughput, weight] : points.first(split)) {
      slope += weight * throughput * n;
      slope_weight += weight * n * n;
    }
    const Flat flat = flat_from(points, split);
    const Coefficients at{.gamma = slope / slope_weight, .capacity = flat.capacity};
    const double sum = squares_of(Law::saturation, points, at);
    if (at.gamma > 0 && at.capacity > 0 && (!best || sum < best->sum_of_squares)) {
      best = LeastSquares{at, sum, std::vector<double>(points.size())};
      for (std::size_t i = 0; i < points.size(); ++i) {
        best->leverage[i] = points[i].weight * (i < split ? points[i].n * points[i].n / slope_weight : 1 / flat.weight);
      }
    }
  }
  return best;
}

// The same, with Amdahl's law before the bend, where two points at least must lie. With a start, which is that of
// points much like these, only bends near its own are looked at.
std::optional<LeastSquares> fit_capped_amdahl(std::span<const MeanPoint> points, const Coefficients* start) {
  constexpr std::size_t near = 2;
  std::size_t first = 2;
  std::size_t last = points.size() - 1;
  if (start != nullptr) {
    const auto at_cap = std::find_if(points.begin(), points.end(), [&](const MeanPoint& point) {
      return throughput_at(Law::amdahl, *start, point.n) >= start->capacity;
    });
    const auto bend = static_cast<std::size_t>(at_cap - points.begin());
    first = std::clamp(bend, first + near, std::max(first + near, last)) - near;
    last = std::min(last, bend + near);
  }
  std::optional<LeastSquares> best;
  for (std::size_t split = first; split <= last; ++split) {
    auto below = fit_smooth_law(Law::amdahl, points.first(split), start);
    if (!below) continue;
    const Flat flat = flat_from(points, split);
    Coefficients at = below->coefficients;
    at.capacity = flat.capacity;
    const double sum = squares_of(Law::capped_amdahl, points, at);
    if (at.gamma > 0 && at.capacity > 0 && (!best || sum < best->sum_of_squares)) {
      best = LeastSquares{at, sum, std::move(below->leverage)};
      for (const MeanPoint& point : points.subspan(split)) best->leverage.push_back(point.weight / flat.weight);
    }
  }
  return best;
}

}  // namespace

std::optional<LeastSquares> fit_law(Law law, std::span<const MeanPoint> points, const Coefficients* start) {
  const bool any =
      std::any_of(points.begin(), points.end(), [](const MeanPoint& point) { return point.throughput > 0; });
  if (points.size() < parameter_count(law) || !any) return std::nullopt;
  if (law == Law::saturation) return fit_saturation(points);
  if (law == Law::capped_amdahl) return fit_capped_amdahl(points, start);
  return fit_smooth_law(law, points, start);
}

}  // namespace cbench
