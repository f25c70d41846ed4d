#include "reports/stats/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::size_t most_repetitions = 1000;

// Logarithms, so that "twice" and "half" are as far from "the same"; values of 0 count as next to nothing.
double logarithm(double value) { return std::log(std::max(value, 1e-12)); }

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(logarithm(value));
  return logs;
}

// Deviations from the mean of their side, corrected for that mean, and their degrees of freedom.
struct Deviations {
  std::vector<double> pool;
  double freedom = 0;
  double squares = 0;

  double standard_deviation() const { return freedom > 0 ? std::sqrt(squares / freedom) : 0; }
  void add(std::span<const double> values) {
    if (values.size() < 2) return;
    const std::vector<double> logs = logarithms(values);
    const double mean = mean_of(logs);
    const auto n = static_cast<double>(logs.size());
    freedom += n - 1;
    for (const double log : logs) {
      squares += (log - mean) * (log - mean);
      pool.push_back((log - mean) * std::sqrt(n / (n - 1)));
    }
  }
};

Deviations deviations_of(std::span<const double> base, std::span<const double> changed) {
  Deviations deviations;
  deviations.add(base);
  deviations.add(changed);
  return deviations;
}

double ratio_of(double changed, double base) {
  if (base > 0) return changed / base;
  return changed > 0 ? infinity : 1;
}

// How many repetitions would decide, whichever way the truth lies.
std::optional<std::size_t> repetitions_needed(const Comparison& c, const Pair& pair, double level) {
  const std::size_t now = std::min(pair.base.size(), pair.changed.size());
  const double bar = std::log1p(c.effect_bar);
  const double effect = std::abs(std::log(c.ratio));
  const double deviation = deviations_of(pair.base, pair.changed).standard_deviation();
  if (!std::isfinite(effect) || now == 0) return std::nullopt;
  std::optional<std::size_t> needed;
  if (effect > bar) {
    needed = repetitions_to_tell_apart(deviation > 0 ? effect / deviation : infinity, level, most_repetitions);
  } else if (std::isfinite(c.interval.high) && effect < bar) {
    // To show that there is none, the interval must shrink until it lies within the bar.
    const double half_width = (std::log(c.interval.high) - std::log(c.interval.low)) / 2;
    const double wanted = static_cast<double>(now) * std::pow(half_width / (bar - effect), 2);
    if (wanted <= most_repetitions) needed = static_cast<std::size_t>(std::ceil(wanted));
  } else if (effect < bar) {
    needed = repetitions_to_tell_apart(infinity, level, most_repetitions);
  }
  if (!needed) return needed;
  return std::max(*needed, now + 1);
}

void decide(Comparison& c, const Pair& pair, const ComparisonOptions& options, std::size_t cells) {
  const bool above_bar = c.ratio > 1 + c.effect_bar || c.ratio < 1 - c.effect_bar;
  if (c.p_holm < options.level && above_bar) {
    c.outcome = (c.ratio > 1) == options.higher_is_better ? Outcome::improvement : Outcome::regression;
    return;
  }
  if (c.interval.low >= 1 - c.effect_bar && c.interval.high <= 1 + c.effect_bar) {
    c.outcome = Outcome::no_difference;
    return;
  }
  c.outcome = Outcome::inconclusive;
  // Of the cells that are left, each could be the one with the smallest p: that is the level it would have to pass.
  const double level = options.level / static_cast<double>(cells);
  c.repetitions_needed = repetitions_needed(c, pair, level);
  const std::size_t a = pair.base.size();
  const std::size_t b = pair.changed.size();
  if (smallest_p(a, b) >= level) {
    const auto least = repetitions_to_tell_apart(infinity, level);
    if (above_bar && c.repetitions_needed && least) c.repetitions_needed = std::max(*c.repetitions_needed, *least);
    c.reason =
        fmt::format("{} repetition{} cannot show a difference at {:g} %{}",
                    a == b ? fmt::format("{}", a) : fmt::format("{} against {}", a, b), a == 1 && b == 1 ? "" : "s",
                    100 * options.level, cells > 1 ? fmt::format(" over {} cells", cells) : std::string());
  }
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::regression: return "regression";
    case Outcome::improvement: return "improvement";
    case Outcome::no_difference: return "no difference";
    case Outcome::inconclusive: return "inconclusive";
    case Outcome::not_comparable: return "not comparable";
  }
  return "";
}

std::string Comparison::what_decides() const {
  if (outcome != Outcome::inconclusive) return "";
  return repetitions_needed ? fmt::format("{} repetitions a side would decide", *repetitions_needed)
                            : fmt::format("more than {} repetitions a side would be needed", most_repetitions);
}

Interval interval_of_ratio(std::span<const double> base, std::span<const double> changed,
                           const ComparisonOptions& options) {
  const Deviations deviations = deviations_of(base, changed);
  if (base.empty() || changed.empty() || deviations.freedom == 0) return {0, infinity};
  const bool of_means = options.middle == Middle::mean;
  const double centre = of_means ? logarithm(mean_of(changed)) - logarithm(mean_of(base))
                                 : median_of(logarithms(changed)) - median_of(logarithms(base));
  Random random(options.seed);
  const auto middle_error = [&](std::size_t size) {
    std::vector<double> errors(size);
    for (double& error : errors) error = deviations.pool[random.index(deviations.pool.size())];
    return of_means ? mean_of(errors) : median_of(std::move(errors));
  };
  std::vector<double> draws(options.resamples);
  for (double& draw : draws) {
    const double scale = random.scale_of_estimate(deviations.freedom);
    draw = centre + scale * (middle_error(changed.size()) - middle_error(base.size()));
  }
  const Interval logs = central_interval(std::move(draws), 0.95);
  return {std::exp(logs.low), std::exp(logs.high)};
}

std::vector<Comparison> compare(std::span<const Pair> pairs, const ComparisonOptions& options) {
  std::vector<Comparison> comparisons(pairs.size());
  std::vector<std::size_t> comparable;
  std::vector<double> p;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    Comparison& c = comparisons[i];
    c.base = median_of(pair.base);
    c.changed = median_of(pair.changed);
    c.ratio = ratio_of(c.changed, c.base);
    c.effect_bar = std::max(options.threshold, pair.noise_floor);
    if (!pair.not_comparable.empty() || pair.base.empty() || pair.changed.empty()) {
      c.outcome = Outcome::not_comparable;
      c.reason = pair.not_comparable.empty() ? "nothing was measured" : pair.not_comparable;
      c.interval = {0, infinity};
      continue;
    }
    c.interval = interval_of_ratio(pair.base, pair.changed, options);
    c.test = mann_whitney(pair.base, pair.changed);
    comparable.push_back(i);
    p.push_back(c.test.p);
  }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t k = 0; k < comparable.size(); ++k) {
    Comparison& c = comparisons[comparable[k]];
    c.p_holm = adjusted[k];
    decide(c, pairs[comparable[k]], options, comparable.size());
  }
  return comparisons;
}

std::vector<int> tiers_of(std::span<const Estimate> cells, bool higher_is_better) {
  std::vector<std::size_t> order(cells.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return higher_is_better ? cells[a].mean > cells[b].mean : cells[a].mean < cells[b].mean;
  });
  std::vector<int> tiers(cells.size());
  const Estimate* best = nullptr;
  int tier = 0;
  for (const std::size_t i : order) {
    const Estimate& cell = cells[i];
    const bool told_apart = best == nullptr || (cell.has_interval() && best->has_interval() &&
                                                (higher_is_better ? cell.high < best->low : cell.low > best->high));
    if (told_apart) {
      ++tier;
      best = &cell;
    }
    tiers[i] = tier;
  }
  return tiers;
}

}  // namespace cbench
