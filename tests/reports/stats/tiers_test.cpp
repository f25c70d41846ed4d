// Ranks that are said, and those that are not.
#include "reports/stats/tiers.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

using Values = std::vector<double>;

std::vector<int> numbers_of(const std::vector<TierPlace>& places) {
  std::vector<int> numbers;
  for (const TierPlace& place : places) numbers.push_back(place.tier);
  return numbers;
}

TEST(Tiers, hold_what_is_not_told_from_the_best_of_them) {
  const std::vector<Values> cells{{49, 50, 51}, {97, 100, 103}, {93, 96, 99}, {77, 80, 83}, {74, 77, 80}};
  EXPECT_EQ(numbers_of(tiers_of(cells, true)), (std::vector{3, 1, 1, 2, 2}));
  EXPECT_EQ(numbers_of(tiers_of(cells, false)), (std::vector{1, 3, 3, 2, 2}));
  for (const TierPlace& place : tiers_of(cells, true)) EXPECT_TRUE(place.sure) << place.doubt();
}

TEST(Tiers, of_models_that_are_the_same_are_one_but_for_one_of_twenty_sets) {
  Random random(1);
  constexpr int sets = 1000;
  int told = 0;
  for (int i = 0; i < sets; ++i) {
    std::vector<Values> cells(8);
    for (Values& values : cells) {
      for (int k = 0; k < 3; ++k) values.push_back(1000 * std::exp(0.03 * random.normal()));
    }
    for (const TierPlace& place : tiers_of(cells, true)) told += place.tier > 1;
  }
  EXPECT_LE(told, 0.07 * sets);
}

TEST(Tiers, call_nothing_tied_that_lies_more_than_a_factor_of_two_apart) {
  const std::vector<Values> cells{{100, 190}, {30, 50}, {95, 180}};
  const std::vector<TierPlace> places = tiers_of(cells, true);
  EXPECT_EQ(numbers_of(places), (std::vector{1, 2, 1}));
  EXPECT_FALSE(places[1].sure) << "two repetitions do not show it";
  ASSERT_TRUE(places[1].repetitions_needed.has_value());
  EXPECT_GT(*places[1].repetitions_needed, 2U);
  EXPECT_EQ(places[1].doubt(), "too few repetitions, " + std::to_string(*places[1].repetitions_needed) + " would do");
}

TEST(Tiers, of_one_repetition_tie_what_is_near_and_doubt_what_is_not) {
  const std::vector<Values> cells{{100}, {90}, {10}};
  const std::vector<TierPlace> places = tiers_of(cells, true);
  EXPECT_EQ(numbers_of(places), (std::vector{1, 1, 2}));
  EXPECT_FALSE(places[2].sure);
  EXPECT_FALSE(places[2].repetitions_needed.has_value()) << "one repetition says nothing of what would do";
  EXPECT_EQ(places[2].doubt(), "too few repetitions, at least 3 are needed");
}

TEST(Tiers, ask_for_more_repetitions_than_there_are_where_a_ratio_is_not_known) {
  const std::vector<Values> cells{{100, 220, 60}, {0.4, 0.9, 0.3}, {110, 200, 50}};
  const std::vector<TierPlace> places = tiers_of(cells, true);
  EXPECT_TRUE(places[0].is_close) << "to itself";
  for (const std::size_t at : {1UL, 2UL}) {
    EXPECT_FALSE(places[at].is_close);
    ASSERT_TRUE(places[at].repetitions_to_be_close.has_value());
    EXPECT_GT(*places[at].repetitions_to_be_close, 3U);
    EXPECT_TRUE(places[at].of_best_interval.contains(places[at].of_best));
  }
  const std::vector<Values> alike{{100, 101, 99}, {60, 61, 60}};
  EXPECT_TRUE(tiers_of(alike, true)[1].is_close);
  EXPECT_LT(tiers_of(alike, true)[1].of_best_interval.high, 0.65);
}

// 17 tasks in every window may be 17.9 or 17.0 of the truth: equal counts do not make a difference of one sure.
TEST(Tiers, of_few_tasks_know_that_counts_come_in_whole_tasks) {
  const std::vector<Values> cells{{9, 9, 9}, {8.5, 8.5, 8.5}};
  EXPECT_EQ(numbers_of(tiers_of(cells, true)), (std::vector{1, 2})) << "of values without steps it is sure";
  const std::vector<double> one_task{1.0 / 18, 1.0 / 17};
  const std::vector<TierPlace> places = tiers_of(cells, true, one_task);
  EXPECT_EQ(numbers_of(places), (std::vector{1, 1}));
  EXPECT_LT(places[1].of_best_interval.low, 0.93);
  EXPECT_GT(places[1].of_best_interval.high, 0.96);
  EXPECT_GT(places[0].interval.high, 9.1);
  EXPECT_EQ(numbers_of(tiers_of(std::vector<Values>{{9, 9, 9}, {3, 3, 3}}, true, one_task)), (std::vector{1, 2}));
}

TEST(Tiers, have_intervals_that_never_reach_below_zero) {
  const std::vector<Values> cells{{1'100, 2'830}, {10, 11}};
  for (const TierPlace& place : tiers_of(cells, true)) EXPECT_GT(place.interval.low, 0);
}

TEST(Tiers, borrow_from_each_other_what_three_repetitions_do_not_know) {
  // Eight models of the same noise: the one that happens to scatter most is told apart all the same.
  std::vector<Values> cells;
  for (int i = 0; i < 7; ++i) cells.push_back({200, 202, 198});
  cells.push_back({165, 160, 170});
  EXPECT_EQ(tiers_of(cells, true).back().tier, 2);
  EXPECT_TRUE(tiers_of(cells, true).back().sure);
}

}  // namespace
}  // namespace cbench
