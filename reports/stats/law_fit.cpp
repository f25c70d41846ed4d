#include "reports/stats/law_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace cbench {
namespace {

constexpr double not_reached = std::numeric_limits<double>::infinity();

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

// The curve stays what it is from the i-th point on: a bend at that n.
std::vector<MeanPoint> held_from(std::span<const MeanPoint> points, std::size_t i) {
  std::vector<MeanPoint> held(points.begin(), points.end());
  for (MeanPoint& point : held) point.n = std::min(point.n, points[i].n);
  return held;
}

// Of two fits the one with less left over. What differs by no more than rounding is the same, and the first stays.
class Best {
 public:
  explicit Best(std::span<const MeanPoint> points) {
    for (const MeanPoint& point : points) rounding_ += 1e-18 * point.weight * point.throughput * point.throughput;
  }
  void consider(LeastSquares found) {
    const bool possible = found.coefficients.gamma > 0 && found.coefficients.capacity > 0;
    if (!possible || !(found.sum_of_squares < best_.sum_of_squares - rounding_)) return;
    best_ = std::move(found);
  }
  std::optional<LeastSquares> take() {
    return std::isfinite(best_.sum_of_squares) ? std::optional(std::move(best_)) : std::nullopt;
  }

 private:
  double rounding_ = 0;
  LeastSquares best_{.sum_of_squares = std::numeric_limits<double>::infinity()};
};

// The slope through the origin.
LeastSquares proportional(std::span<const MeanPoint> points) {
  double slope = 0;
  double weight = 0;
  for (const MeanPoint& point : points) {
    slope += point.weight * point.throughput * point.n;
    weight += point.weight * point.n * point.n;
  }
  LeastSquares found{.coefficients = {.gamma = slope / weight}};
  for (const MeanPoint& point : points) found.leverage.push_back(point.weight * point.n * point.n / weight);
  return found;
}

// The bend lies beyond the last n, between two of them or at one. Beyond, it is not known: the capacity is infinite.
// Between two, the slope is that of the points before it and the capacity the mean of those after it. At one, both are
// those of one line that is flat from there on.
std::optional<LeastSquares> fit_saturation(std::span<const MeanPoint> points) {
  Best best(points);
  const auto consider = [&](LeastSquares found, double capacity) {
    found.coefficients.capacity = capacity;
    found.sum_of_squares = squares_of(Law::saturation, points, found.coefficients);
    best.consider(std::move(found));
  };
  consider(proportional(points), not_reached);
  for (std::size_t split = 1; split < points.size(); ++split) {
    LeastSquares below = proportional(points.first(split));
    const Flat flat = flat_from(points, split);
    for (const MeanPoint& point : points.subspan(split)) below.leverage.push_back(point.weight / flat.weight);
    consider(std::move(below), flat.capacity);
    LeastSquares held = proportional(held_from(points, split - 1));
    const double capacity = held.coefficients.gamma * points[split - 1].n;
    consider(std::move(held), capacity);
  }
  return best.take();
}

// The same, with Amdahl's law before the bend, where two points at least must lie. With a start, which is that of
// points much like these, only bends near its own are looked at, and that beyond the last n.
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
  Best best(points);
  const auto consider = [&](LeastSquares found, double capacity) {
    found.coefficients.capacity = capacity;
    found.sum_of_squares = squares_of(Law::capped_amdahl, points, found.coefficients);
    best.consider(std::move(found));
  };
  if (auto uncapped = fit_smooth_law(Law::amdahl, points, start)) consider(std::move(*uncapped), not_reached);
  for (std::size_t split = first; split <= last; ++split) {
    auto below = fit_smooth_law(Law::amdahl, points.first(split), start);
    if (!below) continue;
    const Flat flat = flat_from(points, split);
    const double bend_n = points[split - 1].n;
    const bool bends_before = throughput_at(Law::amdahl, below->coefficients, bend_n) > flat.capacity;
    if (start == nullptr) {
      for (const MeanPoint& point : points.subspan(split)) below->leverage.push_back(point.weight / flat.weight);
    }
    consider(std::move(*below), flat.capacity);
    // The points before the bend pass the capacity of those after it: the best bend may lie at the last of them.
    if (!bends_before) continue;
    if (auto held = fit_smooth_law(Law::amdahl, held_from(points, split - 1), start)) {
      const double capacity = throughput_at(Law::amdahl, held->coefficients, bend_n);
      consider(std::move(*held), capacity);
    }
  }
  return best.take();
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
