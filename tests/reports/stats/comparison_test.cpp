// Rank tests against tabulated values, and comparisons of cells whose truth is known because it was planted.
#include "reports/stats/comparison.hpp"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Values = std::vector<double>;

Values drawn(Random& random, std::size_t size, double middle, double noise) {
  Values values;
  for (std::size_t i = 0; i < size; ++i) values.push_back(middle * std::exp(noise * random.normal()));
  return values;
}

std::vector<Pair> same_cells(Random& random, std::size_t cells, std::size_t repetitions, double noise = 0.05) {
  std::vector<Pair> pairs(cells);
  for (Pair& pair : pairs) {
    pair.base = drawn(random, repetitions, 1000, noise);
    pair.changed = drawn(random, repetitions, 1000, noise);
  }
  return pairs;
}

bool tells_apart(const Comparison& c) { return c.outcome == Outcome::regression || c.outcome == Outcome::improvement; }

TEST(MannWhitney, gives_the_exact_values_of_the_tables) {
  // All of one side above all of the other: 2 / C(n + m, n).
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3}, Values{4, 5, 6}).p, 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}).p, 2.0 / 70);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{5, 6, 7, 8, 9}, Values{1, 2, 3, 4}).p, 2.0 / 126);
  // Counted over all 252 choices by hand-written enumeration.
  const RankTest test = mann_whitney(Values{1, 3, 4, 8, 10}, Values{2, 5, 6, 7, 9});
  EXPECT_EQ(test.u, 14);
  EXPECT_NEAR(test.p, 0.841270, 1e-6);
  EXPECT_TRUE(test.exact);
}

TEST(MannWhitney, stays_exact_with_ties) {
  // Three against three with all of each side tied: still the one extreme of 20 choices on either end.
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 1, 1}, Values{2, 2, 2}).p, 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{5, 5, 5}, Values{5, 5, 5}).p, 1);
  // Counted over all 462 choices.
  const RankTest test = mann_whitney(Values{1, 2, 2, 3, 7}, Values{2, 4, 5, 5, 9, 9});
  EXPECT_EQ(test.u, 24);
  EXPECT_NEAR(test.p, 0.11255411, 1e-7);
}

TEST(MannWhitney, is_near_the_exact_value_where_it_turns_to_the_normal_distribution) {
  Values a;
  Values b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(i);
    b.push_back(i + 4.5);
  }
  const RankTest exact = mann_whitney(a, b);
  a.push_back(20);
  b.push_back(24.5);
  const RankTest normal = mann_whitney(a, b);
  EXPECT_TRUE(exact.exact);
  EXPECT_FALSE(normal.exact);
  EXPECT_NEAR(normal.p, 0.0346, 0.0001) << "corrected for continuity";
  EXPECT_NEAR(std::log(normal.p / exact.p), 0, 0.2);
}

TEST(MannWhitney, tells_the_effect_by_cliffs_delta) {
  EXPECT_EQ(mann_whitney(Values{1, 2}, Values{3, 4}).cliffs_delta, 1);
  EXPECT_EQ(mann_whitney(Values{3, 4}, Values{1, 2}).cliffs_delta, -1);
  EXPECT_EQ(mann_whitney(Values{1, 4}, Values{2, 3}).cliffs_delta, 0);
}

TEST(MannWhitney, is_wrong_as_often_as_its_level_says) {
  Random random(1);
  int wrong = 0;
  for (int i = 0; i < 4000; ++i) {
    wrong += mann_whitney(drawn(random, 6, 100, 0.1), drawn(random, 6, 100, 0.1)).p < 0.05;
  }
  EXPECT_GT(wrong, 4000 * 0.03);
  EXPECT_LT(wrong, 4000 * 0.05);
}

TEST(Holm, multiplies_the_smallest_by_all_and_the_largest_by_one) {
  const std::vector<double> adjusted = holm(std::array{0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(adjusted[3], 0.02);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.06) << "never below one that is smaller";
}

TEST(Repetitions, that_are_said_to_decide_do_so_four_times_in_five) {
  for (const double shift : {1.0, 2.0}) {
    const std::size_t repetitions = repetitions_to_tell_apart(shift, 0.05).value();
    Random random(2);
    int found = 0;
    for (int i = 0; i < 400; ++i) {
      Values a;
      Values b;
      for (std::size_t k = 0; k < repetitions; ++k) {
        a.push_back(random.normal());
        b.push_back(shift + random.normal());
      }
      found += mann_whitney(a, b).p < 0.05;
    }
    EXPECT_NEAR(found, 0.8 * 400, 0.1 * 400) << shift;
  }
  EXPECT_EQ(repetitions_to_tell_apart(1000, 0.05), 4U) << "three can show nothing at 5 %";
  EXPECT_FALSE(repetitions_to_tell_apart(0.01, 0.05).has_value());
  EXPECT_FALSE(repetitions_to_tell_apart(0, 0.05).has_value());
}

TEST(Comparison, raises_a_false_alarm_in_at_most_5_percent_of_families_without_any_difference) {
  Random random(3);
  int alarms = 0;
  constexpr int families = 300;
  for (int i = 0; i < families; ++i) {
    bool alarm = false;
    for (const Comparison& c : compare(same_cells(random, 12, 8), {.threshold = 0, .resamples = 20})) {
      alarm |= tells_apart(c);
    }
    alarms += alarm;
  }
  EXPECT_LE(alarms, 0.05 * families);
  EXPECT_GT(alarms, 0) << "a test that never errs tests nothing";
}

TEST(Comparison, finds_a_planted_regression_of_20_percent_and_nothing_else) {
  Random random(4);
  int found = 0;
  int others = 0;
  for (int i = 0; i < 50; ++i) {
    std::vector<Pair> pairs = same_cells(random, 12, 8);
    for (double& value : pairs[5].changed) value *= 0.8;
    const std::vector<Comparison> comparisons = compare(pairs, {.resamples = 50});
    for (std::size_t k = 0; k < comparisons.size(); ++k) {
      if (k == 5) found += comparisons[k].outcome == Outcome::regression;
      if (k != 5) others += tells_apart(comparisons[k]);
    }
  }
  EXPECT_GE(found, 48);
  EXPECT_LE(others, 2);
}

TEST(Comparison, knows_which_way_is_better) {
  const std::vector<Pair> twice{{.base = {100, 101, 102, 103, 104}, .changed = {200, 201, 202, 203, 204}}};
  EXPECT_EQ(compare(twice, {.higher_is_better = true}).front().outcome, Outcome::improvement);
  EXPECT_EQ(compare(twice, {.higher_is_better = false}).front().outcome, Outcome::regression);
  EXPECT_NEAR(compare(twice).front().ratio, 202.0 / 102, 1e-12);
}

TEST(Comparison, says_that_three_repetitions_cannot_show_what_they_seem_to_show) {
  const std::vector<Pair> pairs{{.base = {100, 101, 99}, .changed = {70, 71, 72}}};
  const Comparison c = compare(pairs).front();
  EXPECT_EQ(c.outcome, Outcome::inconclusive);
  EXPECT_EQ(c.repetitions_needed, 4U);
  EXPECT_EQ(c.reason, "3 repetitions cannot show a difference at 5 %");
  EXPECT_EQ(c.what_decides(), "4 repetitions a side would decide");
}

TEST(Comparison, asks_for_more_repetitions_where_there_are_more_cells) {
  Random random(5);
  std::vector<Pair> pairs = same_cells(random, 12, 5, 0.01);
  for (double& value : pairs[0].changed) value *= 0.5;
  const Comparison c = compare(pairs).front();
  EXPECT_EQ(c.outcome, Outcome::inconclusive);
  EXPECT_EQ(c.reason, "5 repetitions cannot show a difference at 5 % over 12 cells");
  EXPECT_EQ(c.repetitions_needed, 6U);
}

TEST(Comparison, says_no_difference_only_where_the_interval_lies_within_the_threshold) {
  Random random(6);
  const std::vector<Pair> pairs{{.base = drawn(random, 10, 100, 0.005), .changed = drawn(random, 10, 100, 0.005)},
                                {.base = drawn(random, 5, 100, 0.2), .changed = drawn(random, 5, 100, 0.2)}};
  const std::vector<Comparison> comparisons = compare(pairs);
  EXPECT_EQ(comparisons[0].outcome, Outcome::no_difference);
  EXPECT_EQ(comparisons[1].outcome, Outcome::inconclusive);
  EXPECT_TRUE(has(comparisons[1].what_decides(), "would"));
}

TEST(Comparison, does_not_call_a_difference_what_lies_within_the_noise_of_the_host) {
  std::vector<Pair> pairs{{.base = {100, 101, 102, 103, 104, 105}, .changed = {90, 91, 92, 93, 94, 95}}};
  EXPECT_EQ(compare(pairs).front().outcome, Outcome::regression);
  pairs.front().noise_floor = 0.15;
  EXPECT_FALSE(tells_apart(compare(pairs).front()));
  EXPECT_EQ(compare(pairs).front().effect_bar, 0.15);
}

TEST(Comparison, leaves_what_is_not_comparable_out_of_the_family) {
  const Pair clear{.base = {100, 101, 102, 103}, .changed = {50, 51, 52, 53}};
  Pair other = clear;
  other.not_comparable = "another host";
  const std::vector<Comparison> comparisons = compare(std::vector{clear, other, other, other});
  EXPECT_EQ(comparisons[0].outcome, Outcome::regression) << "corrected for one cell, not for four";
  EXPECT_EQ(comparisons[1].outcome, Outcome::not_comparable);
  EXPECT_EQ(comparisons[1].reason, "another host");
}

TEST(Comparison, has_ratio_intervals_that_cover_the_truth_95_times_in_100) {
  Random random(7);
  int covered = 0;
  constexpr int sets = 1500;
  for (int i = 0; i < sets; ++i) {
    const Values base = drawn(random, 7, 100, 0.03);
    const Values changed = drawn(random, 7, 120, 0.03);
    covered +=
        interval_of_ratio(base, changed, {.resamples = 200, .seed = static_cast<std::uint64_t>(i)}).contains(1.2);
  }
  EXPECT_GE(covered, 0.93 * sets);
  EXPECT_LE(covered, 0.97 * sets);
}

TEST(Comparison, survives_cells_with_nothing_or_next_to_nothing_in_them) {
  const std::vector<Pair> pairs{{},
                                {.base = {1}, .changed = {}},
                                {.base = {1}, .changed = {2}},
                                {.base = {0, 0, 0}, .changed = {0, 0, 0}},
                                {.base = {0, 0}, .changed = {5, 6}},
                                {.base = {1, 2, 3}, .changed = {4}}};
  const std::vector<Comparison> comparisons = compare(pairs);
  EXPECT_EQ(comparisons[0].outcome, Outcome::not_comparable);
  EXPECT_EQ(comparisons[1].outcome, Outcome::not_comparable);
  EXPECT_EQ(comparisons[2].outcome, Outcome::inconclusive);
  EXPECT_EQ(comparisons[3].outcome, Outcome::no_difference);
  EXPECT_EQ(comparisons[4].outcome, Outcome::inconclusive);
  EXPECT_EQ(comparisons[5].outcome, Outcome::inconclusive);
}

TEST(Tiers, hold_what_overlaps_the_best_of_them) {
  const auto cell = [](double low, double mean, double high) {
    return Estimate{.repetitions = 3, .mean = mean, .median = mean, .low = low, .high = high};
  };
  const std::vector<Estimate> cells{cell(40, 50, 60), cell(95, 100, 105), cell(90, 93, 96), cell(84, 88, 92)};
  EXPECT_EQ(tiers_of(cells, true), (std::vector{3, 1, 1, 2})) << "the fourth overlaps the third, but not the best";
  EXPECT_EQ(tiers_of(cells, false), (std::vector{1, 3, 2, 2}));
  const Estimate single{.repetitions = 1, .mean = 10, .median = 10, .low = 10, .high = 10};
  EXPECT_EQ(tiers_of(std::vector{cells[1], single}, true), (std::vector{1, 1})) << "one repetition tells nothing";
}

}  // namespace
}  // namespace cbench
