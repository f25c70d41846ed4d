#include "reports/stats/tiers.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "reports/stats/difference.hpp"
#include "reports/stats/pooled_error.hpp"
#include "reports/stats/scale_mixture.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double widest_tie = 2;

struct Known {
  double mean = 0;    // of the values
  double middle = 0;  // of the logarithms
  Scatter scatter;
  double repetitions = 0;
  double steps = 0;  // variance_of_steps()

  double squared_error(double count) const { return scatter.variance / count + steps; }
};

std::vector<Known> known_of(std::span<const std::vector<double>> cells, std::span<const double> resolutions) {
  std::vector<Known> all;
  std::vector<Scatter> scatters;
  for (const std::vector<double>& values : cells) {
    std::vector<double> logs;
    for (const double value : values) logs.push_back(std::log(std::max(value, 1e-12)));
    scatters.push_back(scatter_of(logs));
    all.push_back({.mean = mean_of(values),
                   .middle = mean_of(logs),
                   .scatter = {},
                   .repetitions = static_cast<double>(values.size())});
  }
  const std::vector<Scatter> moderate = moderated(scatters);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].scatter = moderate[i];
  for (std::size_t i = 0; i < resolutions.size(); ++i) all[i].steps = variance_of_steps(resolutions[i]);
  return all;
}

Interval interval_of(const Known& cell) {
  if (cell.scatter.freedom <= 0) return {0, infinity};
  const double half_width =
      gsl_cdf_tdist_Pinv(0.975, cell.scatter.freedom) * std::sqrt(cell.squared_error(cell.repetitions));
  return {std::exp(cell.middle - half_width), std::exp(cell.middle + half_width)};
}

// What the t test of a pair must be below: 5 % of all pairs.
double level_of(std::size_t cells) {
  const auto count = static_cast<double>(cells);
  return 0.05 / (count * (count - 1) / 2);
}

double log_error(const Known& a, const Known& b, double repetitions_a, double repetitions_b) {
  return std::sqrt(a.squared_error(repetitions_a) + b.squared_error(repetitions_b));
}

bool is_apart(const Known& a, const Known& b, double level) {
  const double freedom = std::min(a.scatter.freedom, b.scatter.freedom);
  if (freedom <= 0) return false;
  const double error = log_error(a, b, a.repetitions, b.repetitions);
  const double distance = std::abs(a.middle - b.middle);
  return error > 0 ? 2 * gsl_cdf_tdist_Q(distance / error, freedom) < level : distance > 0;
}

// Repetitions with which two cells would be told apart in four of five experiments, averaged over what their scatter
// and their distance may be.
std::optional<std::size_t> repetitions_to_part(const Known& a, const Known& b, double level) {
  if (a.scatter.freedom <= 0 || b.scatter.freedom <= 0) return std::nullopt;
  const std::vector<double> of_a = variance_factors(a.scatter.freedom, 0);
  const std::vector<double> of_b = variance_factors(b.scatter.freedom, 1);
  const std::vector<double>& of_distance = even_deviates(3);
  const auto share_apart = [&](std::size_t repetitions) {
    const auto count = static_cast<double>(repetitions);
    const double quantile = gsl_cdf_tdist_Qinv(level / 2, count - 1);
    double sum = 0;
    for (std::size_t i = 0; i < even_points; ++i) {
      const double variance_a = a.scatter.variance * of_a[i];
      const double variance_b = b.scatter.variance * of_b[i];
      const double now = std::sqrt(variance_a / a.repetitions + variance_b / b.repetitions + a.steps + b.steps);
      const double distance = std::abs(b.middle - a.middle + now * of_distance[i]);
      const double then = std::sqrt((variance_a + variance_b) / count + a.steps + b.steps);
      sum += then > 0 ? std::erfc((quantile * then - distance) / then / M_SQRT2) / 2 : 1.0;
    }
    return sum / static_cast<double>(even_points);
  };
  auto low = static_cast<std::size_t>(std::max(a.repetitions, b.repetitions));
  std::size_t high = most_repetitions;
  if (share_apart(high) < 0.8) return std::nullopt;
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (share_apart(middle) < 0.8 ? low : high) = middle;
  }
  return high;
}

// `place` knows its tier.
void set_of_best(const Known& best, const Known& cell, TierPlace& place) {
  place.of_best = best.mean > 0 ? cell.mean / best.mean : 0;
  const double freedom = std::min(best.scatter.freedom, cell.scatter.freedom);
  if (freedom <= 0) {
    place.of_best_interval = {0, infinity};
    place.is_close = false;
    return;
  }
  const double half_width =
      gsl_cdf_tdist_Pinv(0.975, freedom) * log_error(best, cell, best.repetitions, cell.repetitions);
  place.of_best_interval = {place.of_best * std::exp(-half_width), place.of_best * std::exp(half_width)};
  // In a tie nothing may lie beyond the factor, whatever the truth in the interval.
  const double distance = std::abs(std::log(place.of_best));
  const double room = std::log(widest_tie) - (place.tier == 1 ? distance : 0);
  place.is_close = half_width <= room;
  if (place.is_close) return;
  const auto there_are = static_cast<std::size_t>(std::min(best.repetitions, cell.repetitions));
  const double wanted = place.tier == 1 ? std::max(room, distance) : room;  // a tie, or told apart
  for (std::size_t n = std::max(fewest_to_decide, there_are + 1); n <= most_repetitions; ++n) {
    const auto count = static_cast<double>(n);
    const double then = gsl_cdf_tdist_Pinv(0.975, count - 1) * log_error(best, cell, count, count);
    if (then > wanted) continue;
    place.repetitions_to_be_close = n;
    return;
  }
}

}  // namespace

std::string TierPlace::doubt() const {
  if (sure) return "";
  if (repetitions_needed) return fmt::format("too few repetitions, {} would do", *repetitions_needed);
  if (std::isinf(interval.high)) return fmt::format("too few repetitions, at least {} are needed", fewest_to_decide);
  return fmt::format("too few repetitions, more than {} would be needed", most_repetitions);
}

std::vector<TierPlace> tiers_of(std::span<const std::vector<double>> cells, bool higher_is_better,
                                std::span<const double> resolutions) {
  const std::vector<Known> known = known_of(cells, resolutions);
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return higher_is_better ? known[a].mean > known[b].mean : known[a].mean < known[b].mean;
  });
  std::vector<TierPlace> places(cells.size());
  const double level = level_of(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) places[i].interval = interval_of(known[i]);
  std::optional<std::size_t> best;    // of the tier that is being filled
  std::optional<std::size_t> before;  // of the tier before that
  int tier = 0;
  for (const std::size_t i : order) {
    const auto factor = [&](std::size_t other) {
      const auto [less, more] = std::minmax(known[i].mean, known[other].mean);
      return less > 0 ? more / less : infinity;
    };
    if (!best || is_apart(known[i], known[*best], level) || factor(*best) > widest_tie) {
      ++tier;
      before = best;
      best = i;
    }
    TierPlace& place = places[i];
    place.tier = tier;
    place.sure = !before || is_apart(known[i], known[*before], level);
    if (!place.sure) place.repetitions_needed = repetitions_to_part(known[*before], known[i], level);
  }
  for (const std::size_t i : order) {
    if (i != order.front()) set_of_best(known[order.front()], known[i], places[i]);
  }
  return places;
}

}  // namespace cbench
