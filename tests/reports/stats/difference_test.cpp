// The error of a difference, what it would have shown, and how many repetitions would decide: against experiments whose
// truth is known because it was planted.
#include "reports/stats/difference.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

ErrorSources sources_of(double deviation, double freedom, double resolution = 0) {
  return {.trial = {deviation * deviation, freedom}, .resolution = resolution, .drift = std::nullopt};
}

// Of so many sessions of three repetitions, known as if by many.
SessionNoise drift_of(double deviation, double noise, double sessions = 100) {
  return {.within = {noise * noise, 2 * sessions},
          .between = {noise * noise + 3 * deviation * deviation, sessions - 1},
          .repetitions = 3};
}

struct Seen {
  double difference = 0;
  ErrorSources sources;
};

Seen experiment(Random& random, double truth, double noise, std::size_t repetitions) {
  std::vector<double> base;
  std::vector<double> changed;
  for (std::size_t i = 0; i < repetitions; ++i) {
    base.push_back(noise * random.normal());
    changed.push_back(truth + noise * random.normal());
  }
  return {mean_of(changed) - mean_of(base),
          {.trial = scatter_of(base, changed), .resolution = 0, .drift = std::nullopt}};
}

// Whether p and the bar, or the interval, decide.
bool decides(const Seen& seen, std::size_t repetitions, const DecisionRule& rule) {
  const Sizes sizes{repetitions, repetitions};
  const double half_width = half_width_of(seen.sources, sizes, 0.95);
  const bool told =
      p_of(seen.difference, seen.sources, sizes) < rule.level && std::abs(seen.difference) > rule.threshold;
  return told || std::abs(seen.difference) + half_width <= rule.threshold;
}

TEST(Difference, has_the_p_of_students_t) {
  // A difference of 2 with a standard error of 1 and 4 degrees of freedom.
  EXPECT_NEAR(p_of(2, sources_of(std::sqrt(1.5), 4), {3, 3}), 0.116117, 1e-5);
  EXPECT_NEAR(half_width_of(sources_of(std::sqrt(1.5), 4), {3, 3}, 0.95), 2.776445, 1e-5);
  EXPECT_EQ(p_of(1, {}, {1, 1}), 1) << "what was not repeated shows nothing";
  EXPECT_TRUE(std::isinf(half_width_of({}, {1, 1}, 0.95)));
}

TEST(Difference, of_equal_values_is_known_no_better_than_to_their_steps) {
  EXPECT_LT(p_of(0.06, sources_of(0, 4), {3, 3}), 1e-6);
  EXPECT_GT(p_of(0.06, sources_of(0, 4, 1.0 / 17), {3, 3}), 0.05) << "17 tasks or 18";
}

TEST(Difference, the_drift_between_sessions_adds_to_its_error_and_repetitions_do_not_take_it_away) {
  ErrorSources drifting = sources_of(0.01, 400);
  const double alone = half_width_of(drifting, {100, 100}, 0.95);
  drifting.drift = drift_of(0.05, 0.01);
  EXPECT_NEAR(half_width_of(drifting, {100, 100}, 0.95), 1.96 * 0.05 * std::sqrt(2.0), 0.01);
  EXPECT_LT(alone, 0.005);
  EXPECT_GT(p_of(0.1, drifting, {100, 100}), 0.05);
}

TEST(Difference, the_bar_is_the_threshold_or_the_noise_floor) {
  ErrorSources sources = sources_of(0.01, 4);
  EXPECT_EQ(effect_bar(sources, {3, 3}, 0.05), 0.05);
  sources.drift = drift_of(0.05, 0.01);
  EXPECT_NEAR(effect_bar(sources, {3, 3}, 0.05), 1.96 * std::sqrt(2 * 0.0025 + 0.0001 * 2 / 3), 0.01);
  EXPECT_EQ(effect_bar(sources, {3, 3}, 0.5), 0.5);
}

TEST(Repetitions, that_are_said_to_decide_do_so_in_four_of_five_experiments) {
  const DecisionRule rule{.level = 0.05, .threshold = 0.05};
  for (const auto& [truth, noise, pilot] : {std::tuple{0.0, 0.05, 3}, {0.1, 0.05, 3}, {0.2, 0.1, 4}, {0.0, 0.1, 10}}) {
    Random random(1);
    int named = 0;
    int decided = 0;
    for (int i = 0; i < 100; ++i) {
      const auto repetitions = static_cast<std::size_t>(pilot);
      const Seen seen = experiment(random, truth, noise, repetitions);
      if (decides(seen, repetitions, rule)) continue;
      const auto needed = repetitions_that_decide(seen.difference, seen.sources, {repetitions, repetitions}, rule);
      if (!needed) continue;
      EXPECT_GT(*needed, repetitions);
      ++named;
      decided += decides(experiment(random, truth, noise, *needed), *needed, rule);
    }
    ASSERT_GT(named, 20) << truth << ", " << noise;
    EXPECT_GE(decided, 0.75 * named) << truth << ", " << noise;
  }
}

TEST(Repetitions, are_more_the_nearer_a_difference_lies_to_the_bar) {
  const DecisionRule rule{.level = 0.05, .threshold = 0.05};
  const auto needed = [&](double difference) {
    return repetitions_that_decide(difference, sources_of(0.03, 8), {5, 5}, rule).value();
  };
  EXPECT_GT(needed(0.06), 3 * needed(0.12)) << "from above";
  EXPECT_GT(needed(0.045), 2 * needed(0)) << "and from below";
}

TEST(Repetitions, are_never_said_of_one_repetition_or_against_drift) {
  const DecisionRule rule{.level = 0.05, .threshold = 0.05};
  EXPECT_FALSE(repetitions_that_decide(0.1, sources_of(0.05, 0), {1, 1}, rule).has_value());
  EXPECT_FALSE(repetitions_that_decide(0.1, sources_of(0.05, 4), {1, 5}, rule).has_value());
  ErrorSources drifting = sources_of(0.01, 4);
  EXPECT_TRUE(repetitions_that_decide(0.03, drifting, {3, 3}, rule).has_value());
  drifting.drift = drift_of(0.1, 0.01);
  EXPECT_FALSE(repetitions_that_decide(0.03, drifting, {3, 3}, rule).has_value());
}

TEST(SmallestEffect, is_found_nine_times_in_ten) {
  for (const auto& [noise, repetitions, level] : {std::tuple{0.05, 3, 0.05}, {0.05, 3, 0.005}, {0.2, 8, 0.05}}) {
    const DecisionRule rule{.level = level, .threshold = 0.01};
    const auto count = static_cast<std::size_t>(repetitions);
    Random random(2);
    constexpr int experiments = 600;
    int found = 0;
    for (int i = 0; i < experiments; ++i) {
      const Seen before = experiment(random, 0, noise, count);
      const double said = smallest_effect_seen(before.sources, {count, count}, rule);
      const Seen after = experiment(random, said, noise, count);
      found += p_of(after.difference, after.sources, {count, count}) < rule.level && after.difference > rule.threshold;
    }
    EXPECT_GE(found, 0.86 * experiments) << noise;
    EXPECT_LE(found, 0.96 * experiments) << noise;
  }
}

TEST(SmallestEffect, is_never_below_the_bar) {
  EXPECT_GE(smallest_effect_seen(sources_of(0.0001, 20), {10, 10}, {.level = 0.05, .threshold = 0.05}), 0.05);
  EXPECT_TRUE(std::isinf(smallest_effect_seen({}, {1, 1}, {})));
}

}  // namespace
}  // namespace cbench
