#include "reports/stats/steady_state.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

using Series = std::vector<double>;

constexpr std::size_t least_length = 2;  // of a level: one slice alone is an outlier
constexpr std::size_t most_slices = 47;  // of a series as it is tested; neighbours of a longer one become one
constexpr double memory = 0.6;           // of each slice for the one before, that the noise is granted
constexpr double outlier = 5;            // standard deviations
constexpr double stalled_below = 0.2;    // of the level
constexpr double working_above = 0.5;    // of the level: the slices before and after a stall
constexpr double far_below_noise = 6;    // standard deviations

// The test statistics that one of two hundred series of so many slices exceeds whose noise has that memory: by
// simulation (tests/simulation), between these lengths linear in 1 / slices.
struct Threshold {
  double slices;
  double shift;
  double drift;
};
constexpr std::array thresholds{Threshold{8, 6.36, 4.46},  Threshold{10, 5.89, 4.01}, Threshold{12, 5.62, 3.73},
                                Threshold{16, 5.36, 3.46}, Threshold{20, 5.24, 3.36}, Threshold{30, 5.07, 3.19},
                                Threshold{48, 5.00, 3.09}};

Threshold threshold_of(std::size_t slices) {
  const auto n = static_cast<double>(slices);
  for (std::size_t i = 1; i < thresholds.size(); ++i) {
    const Threshold& fewer = thresholds[i - 1];
    const Threshold& more = thresholds[i];
    if (n > more.slices) continue;
    const double share = (1 / fewer.slices - 1 / n) / (1 / fewer.slices - 1 / more.slices);
    return {n, std::lerp(fewer.shift, more.shift, share), std::lerp(fewer.drift, more.drift, share)};
  }
  return thresholds.back();
}

double dot(const Series& a, const Series& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// Noise between neighbours, which neither a drift nor a step changes much.
double noise_between(std::span<const double> series) {
  Series steps;
  for (std::size_t i = 1; i < series.size(); ++i) steps.push_back(std::abs(series[i] - series[i - 1]));
  constexpr double median_of_normal = 0.6745;
  return median_of(std::move(steps)) / (median_of_normal * std::sqrt(2));
}

// A slice that stands out from both of its neighbours, as a hiccup makes it, takes the middle value of the three.
Series without_outliers(std::span<const double> series) {
  const double noise = noise_between(series);
  Series out(series.begin(), series.end());
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::size_t first = std::clamp<std::size_t>(i, 1, series.size() - 2) - 1;
    const double middle = median_of({series[first], series[first + 1], series[first + 2]});
    if (std::abs(series[i] - middle) > outlier * noise) out[i] = middle;
  }
  return out;
}

Series with_neighbours_merged(Series series) {
  while (series.size() > most_slices) {
    Series half;
    for (std::size_t i = 0; i + 1 < series.size(); i += 2) half.push_back((series[i] + series[i + 1]) / 2);
    series = std::move(half);
  }
  return series;
}

struct Stall {
  double lost = 0;  // of the tasks that the window would have held
  std::size_t slices = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Runs of slices with hardly a task beside slices that work, however often. What fades away is a drift, no stall.
Stall stall_of(std::span<const double> series) {
  const double level = quantile_of({series.begin(), series.end()}, 0.75);  // half of the window may be stalled
  const double noise = noise_between(series);
  const auto stalled = [&](double value) {
    return value < stalled_below * level && value < level - far_below_noise * noise;
  };
  const auto works = [&](std::size_t i) { return i < series.size() && series[i] >= working_above * level; };
  Stall stall;
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (!stalled(series[i])) continue;
    std::size_t end = i;
    double lost = 0;
    for (; end < series.size() && stalled(series[end]); ++end) lost += 1 - series[end] / level;
    // A slice may be half stalled itself.
    if (works(i - 1) || works(i - 2) || works(end) || works(end + 1)) {
      if (stall.slices == 0) stall.begin = i;
      stall.end = end;
      stall.slices += end - i;
      stall.lost += lost / static_cast<double>(series.size());
    }
    i = end;
  }
  return stall;
}

// How a series may change, as a column of a regression: 0 to 1 over the window, or 1 from a slice to another.
struct Shape {
  LevelChange change = LevelChange::none;
  std::size_t begin = 0;
  std::size_t end = 0;

  Series column(std::size_t slices) const {
    Series values(slices, 0);
    if (change == LevelChange::drift) {
      for (std::size_t i = 0; i < slices; ++i) values[i] = static_cast<double>(i) / static_cast<double>(slices - 1);
    } else {
      std::fill(values.begin() + static_cast<std::ptrdiff_t>(begin), values.begin() + static_cast<std::ptrdiff_t>(end),
                1);
    }
    return values;
  }
};

std::vector<Shape> shapes_of(std::size_t slices) {
  std::vector<Shape> shapes{{LevelChange::drift, 0, slices}};
  for (std::size_t begin = least_length; begin + least_length <= slices; ++begin) {
    shapes.push_back({LevelChange::shift, begin, slices});
  }
  for (std::size_t begin = 1; begin < slices; ++begin) {
    for (std::size_t end = begin + least_length; end < slices && end - begin + least_length <= slices; ++end) {
      shapes.push_back({LevelChange::passing, begin, end});
    }
  }
  return shapes;
}

struct Fitted {
  Shape shape;
  double size = 0;       // of the change, by generalised least squares
  double weight = 0;     // its variance is the noise's over this
  double explained = 0;  // of the sum of squares
};

// Generalised least squares for noise of a known memory: with the part that each slice remembers taken out of it and of
// every column, what is left is independent.
class Regression {
 public:
  explicit Regression(const Series& series) : level_(remembered_out(Series(series.size(), 1))) {
    rest_ = remembered_out(series);
    take_level_out(rest_);
    squares_ = dot(rest_, rest_);
  }

  Fitted fit(const Shape& shape) const {
    Series column = remembered_out(shape.column(rest_.size()));
    take_level_out(column);
    const double weight = dot(column, column);
    const double along = dot(column, rest_);
    return {shape, along / weight, weight, along * along / weight};
  }
  double squares() const { return squares_; }

 private:
  static Series remembered_out(const Series& values) {
    Series out(values.size());
    out[0] = std::sqrt(1 - memory * memory) * values[0];
    for (std::size_t i = 1; i < values.size(); ++i) out[i] = values[i] - memory * values[i - 1];
    return out;
  }
  void take_level_out(Series& values) const {
    const double share = dot(values, level_) / dot(level_, level_);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= share * level_[i];
  }

  Series level_;
  Series rest_;
  double squares_ = 0;
};

// The change of that shape relative to what was before, or around it.
double relative_size(const Series& series, const Shape& shape) {
  if (shape.change == LevelChange::drift) {
    Series slopes;
    for (std::size_t i = 0; i < series.size(); ++i) {
      for (std::size_t j = i + 1; j < series.size(); ++j) {
        slopes.push_back((series[j] - series[i]) / static_cast<double>(j - i));
      }
    }
    const double slope = median_of(std::move(slopes));  // Theil and Sen's
    Series starts;
    for (std::size_t i = 0; i < series.size(); ++i)
      starts.push_back(series[i] - slope * (static_cast<double>(i) + 0.5));
    const double start = median_of(std::move(starts));
    const double change = slope * static_cast<double>(series.size());
    return start > 0 ? std::max(change / start, -1.0) : change > 0 ? std::numeric_limits<double>::infinity() : -1;
  }
  Series inside;
  Series outside;
  for (std::size_t i = 0; i < series.size(); ++i) {
    (i >= shape.begin && i < shape.end ? inside : outside).push_back(series[i]);
  }
  const double before = median_of(std::move(outside));
  const double change = median_of(std::move(inside)) - before;
  return before > 0 ? change / before : change > 0 ? std::numeric_limits<double>::infinity() : 0;
}

std::string sentence_of(const SteadyState& state) {
  const double change = state.relative_change;
  const std::string by =
      std::abs(change) <= 10 ? fmt::format("by {:.0f} %", 100 * std::abs(change)) : "more than tenfold";
  const std::string_view verb = change > 0 ? "rises" : "falls";
  const std::string part = fmt::format("{:.0f} % to {:.0f} % of the window", 100 * state.from, 100 * state.until);
  switch (state.change) {
    case LevelChange::none: return "";
    case LevelChange::drift: return fmt::format("{}: throughput {} {} over the window", no_steady_state, verb, by);
    case LevelChange::shift:
      return fmt::format("{}: throughput {} {} after {:.0f} % of the window", no_steady_state, verb, by,
                         100 * state.from);
    case LevelChange::passing: return fmt::format("{}: throughput {} {} from {}", no_steady_state, verb, by, part);
    case LevelChange::stall:
      return fmt::format("{}: throughput stalls from {}, {:.0f} % of its tasks are lost", no_steady_state, part,
                         100 * std::abs(change));
  }
  return "";
}

SteadyState unsteady(LevelChange change, double relative, double from, double until) {
  SteadyState state{.steady = false, .change = change, .relative_change = relative, .from = from, .until = until};
  state.sentence = sentence_of(state);
  return state;
}

// Whether no change as large as the tolerance can hide in the noise: each of them is outside of its one-sided interval
// of 95 % (so that each, were it there, would be missed in one of twenty series).
bool is_kept(const Series& series, const std::vector<Fitted>& fits, double noise, double tolerance) {
  const double level = median_of(series);
  const double quantile = gsl_cdf_tdist_Pinv(0.95, static_cast<double>(series.size()) - 4);
  return std::all_of(fits.begin(), fits.end(), [&](const Fitted& fit) {
    return std::abs(fit.size) + quantile * noise / std::sqrt(fit.weight) < tolerance * level;
  });
}

}  // namespace

SteadyState steady_state_of(std::span<const double> series_per_s, const SteadyStateOptions& options) {
  if (series_per_s.size() < fewest_slices) return {};
  if (const Stall stall = stall_of(series_per_s); stall.slices > 0 && stall.lost >= options.least_change) {
    const auto count = static_cast<double>(series_per_s.size());
    return unsteady(LevelChange::stall, -stall.lost, static_cast<double>(stall.begin) / count,
                    static_cast<double>(stall.end) / count);
  }
  const Series series = with_neighbours_merged(without_outliers(series_per_s));
  const auto count = static_cast<double>(series.size());
  if (std::none_of(series.begin(), series.end(), [](double value) { return value > 0; })) return {};

  const Regression regression(series);
  std::vector<Fitted> fits;
  for (const Shape& shape : shapes_of(series.size())) fits.push_back(regression.fit(shape));
  const Fitted& drift = fits.front();
  const Fitted& shift = *std::max_element(fits.begin() + 1, fits.end(),
                                          [](const Fitted& a, const Fitted& b) { return a.explained < b.explained; });
  // A level has a place besides its size; constant slices leave nothing but rounding.
  const double none = 1e-24 * dot(series, series);
  const double beside_drift = std::max(0.0, regression.squares() - drift.explained) / (count - 2) + none;
  const double beside_shift = std::max(0.0, regression.squares() - shift.explained) / (count - 4) + none;
  const double noise = std::sqrt(std::min(beside_drift, beside_shift));
  const Threshold threshold = threshold_of(series.size());
  const bool changes = regression.squares() > 1e3 * none && (std::sqrt(drift.explained) > threshold.drift * noise ||
                                                             std::sqrt(shift.explained) > threshold.shift * noise);
  const Shape& shape = (beside_drift <= beside_shift ? drift : shift).shape;
  const double relative = changes ? relative_size(series, shape) : 0;
  if (changes && std::abs(relative) >= options.least_change) {
    return unsteady(shape.change, relative, static_cast<double>(shape.begin) / count,
                    static_cast<double>(shape.end) / count);
  }
  if (!is_kept(series, fits, noise, options.tolerance)) return {};
  return {.steady = true};
}

}  // namespace cbench
