#include "reports/stats/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "reports/stats/pooled_error.hpp"

namespace cbench {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Logarithms, so that "twice" and "half" are as far from "the same"; values of 0 count as next to nothing.
double logarithm(double value) { return std::log(std::max(value, 1e-12)); }

std::vector<double> logarithms(std::span<const double> values) {
  std::vector<double> logs;
  for (const double value : values) logs.push_back(logarithm(value));
  return logs;
}

double geometric_mean(std::span<const double> values) {
  if (values.empty() || std::ranges::min(values) <= 0) return median_of({values.begin(), values.end()});
  return std::exp(mean_of(logarithms(values)));
}

double ratio_of(double changed, double base) {
  if (base > 0) return changed / base;
  return changed > 0 ? infinity : 1;
}

// One pair on its way through the family.
struct Weighed {
  double difference = 0;  // of the means of logarithms
  Sizes sizes;
  ErrorSources sources;
};

Weighed weighed(const Pair& pair) {
  const std::vector<double> base = logarithms(pair.base);
  const std::vector<double> changed = logarithms(pair.changed);
  return {.difference = mean_of(changed) - mean_of(base),
          .sizes = {base.size(), changed.size()},
          .sources = {.trial = scatter_of(base, changed), .resolution = pair.resolution, .drift = pair.drift}};
}

std::string sizes_text(Sizes sizes) {
  return sizes.base == sizes.changed ? fmt::format("{}", sizes.base)
                                     : fmt::format("{} against {}", sizes.base, sizes.changed);
}

void decide(Comparison& c, const Weighed& pair, const ComparisonOptions& options, std::size_t cells) {
  const std::size_t fewest = std::min(pair.sizes.base, pair.sizes.changed);
  const double threshold = std::log1p(options.threshold);
  // Of the cells that are left, each could be the one with the smallest p: that is the level it would have to pass.
  const DecisionRule rule{.level = options.level / static_cast<double>(cells), .threshold = threshold};
  if (options.look_ahead) c.smallest_effect_seen = std::expm1(smallest_effect_seen(pair.sources, pair.sizes, rule));
  c.outcome = Outcome::inconclusive;
  if (fewest < fewest_to_decide) {
    c.smallest_effect_seen = infinity;
    c.reason =
        fmt::format("{} repetition{} cannot show a difference: at least {} a side are needed", sizes_text(pair.sizes),
                    pair.sizes.base == 1 && pair.sizes.changed == 1 ? "" : "s", fewest_to_decide);
  } else {
    // Few repetitions cannot show less than their smallest p, which is to be told from the next larger one alone.
    const double least = 1.001 * smallest_p(pair.sizes.base, pair.sizes.changed);
    const bool ranks_agree = c.ranks.p <= std::max(options.level, least);
    if (c.p_holm < options.level && ranks_agree && std::abs(pair.difference) > std::log1p(c.effect_bar)) {
      c.outcome = (pair.difference > 0) == options.higher_is_better ? Outcome::improvement : Outcome::regression;
      return;
    }
    if (std::log(c.interval.low) >= -threshold && std::log(c.interval.high) <= threshold) {
      c.outcome = Outcome::no_difference;
      return;
    }
  }
  if (!options.look_ahead) return;
  c.repetitions_needed = repetitions_that_decide(pair.difference, pair.sources, pair.sizes, rule);
  if (!c.repetitions_needed && c.reason.empty() && c.noise_floor && *c.noise_floor > options.threshold) {
    c.reason = "sessions on this host drift by more than the threshold, which no number of repetitions helps";
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
  if (repetitions_needed) return fmt::format("{} repetitions a side would decide", *repetitions_needed);
  if (!reason.empty()) return reason;
  return fmt::format("more than {} repetitions a side would be needed", most_repetitions);
}

Interval interval_of_ratio(std::span<const double> base, std::span<const double> changed, double resolution) {
  const ErrorSources sources{
      .trial = scatter_of_each(logarithms(base), logarithms(changed)), .resolution = resolution, .drift = std::nullopt};
  const double half_width = half_width_of(sources, {base.size(), changed.size()}, 0.95);
  if (std::isinf(half_width)) return {0, infinity};
  const double centre = logarithm(mean_of(changed)) - logarithm(mean_of(base));
  return {std::exp(centre - half_width), std::exp(centre + half_width)};
}

std::vector<Comparison> compare(std::span<const Pair> pairs, const ComparisonOptions& options) {
  std::vector<Comparison> comparisons(pairs.size());
  std::vector<std::size_t> comparable;
  std::vector<Weighed> all;
  std::vector<Scatter> scatters;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    Comparison& c = comparisons[i];
    c.base = geometric_mean(pair.base);
    c.changed = geometric_mean(pair.changed);
    c.ratio = ratio_of(c.changed, c.base);
    c.interval = {0, infinity};
    c.effect_bar = options.threshold;
    c.smallest_effect_seen = infinity;
    if (!pair.not_comparable.empty() || pair.base.empty() || pair.changed.empty()) {
      c.outcome = Outcome::not_comparable;
      c.reason = pair.not_comparable.empty() ? "nothing was measured" : pair.not_comparable;
      continue;
    }
    comparable.push_back(i);
    all.push_back(weighed(pair));
    scatters.push_back(all.back().sources.trial);
  }
  const std::vector<Scatter> moderate = moderated(scatters);
  RankTests tests;
  std::vector<double> p;
  for (std::size_t k = 0; k < comparable.size(); ++k) {
    Weighed& pair = all[k];
    Comparison& c = comparisons[comparable[k]];
    pair.sources.trial = moderate[k];
    c.ranks = tests.mann_whitney(pairs[comparable[k]].base, pairs[comparable[k]].changed);
    c.p = p_of(pair.difference, pair.sources, pair.sizes);
    p.push_back(c.p);
    const double half_width = half_width_of(pair.sources, pair.sizes, 0.95);
    if (std::isfinite(half_width)) {
      c.interval = {std::exp(pair.difference - half_width), std::exp(pair.difference + half_width)};
    }
    if (pair.sources.drift) {
      c.noise_floor = pair.sources.drift->largest_difference(pair.sizes.base, pair.sizes.changed);
      c.effect_bar = std::max(options.threshold, *c.noise_floor);
    }
  }
  const std::vector<double> adjusted = holm(p);
  for (std::size_t k = 0; k < comparable.size(); ++k) {
    Comparison& c = comparisons[comparable[k]];
    c.p_holm = adjusted[k];
    decide(c, all[k], options, comparable.size());
  }
  return comparisons;
}

}  // namespace cbench
