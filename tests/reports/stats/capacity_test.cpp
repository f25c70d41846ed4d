// Capacities believed from trials that passed and failed.
#include "reports/stats/capacity.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Votes = std::vector<RateVotes>;

TEST(Capacity, is_none_where_no_trial_passed_or_none_failed) {
  EXPECT_FALSE(capacity_of({}));
  EXPECT_FALSE(capacity_of(Votes{{100, 3, 0}, {200, 3, 0}}));
  EXPECT_FALSE(capacity_of(Votes{{100, 0, 3}, {200, 0, 3}}));
  EXPECT_TRUE(capacity_of(Votes{{100, 1, 0}, {200, 0, 1}}));
}

TEST(Capacity, lies_between_the_rates_that_pass_and_those_that_fail) {
  const auto belief = capacity_of(Votes{{900, 3, 0}, {1000, 5, 0}, {1020, 0, 5}, {1100, 0, 3}});
  ASSERT_TRUE(belief);
  EXPECT_GT(belief->median_per_s(), 1000);
  EXPECT_LT(belief->median_per_s(), 1020);
  EXPECT_GT(belief->interval_per_s().low, 980);
  EXPECT_LT(belief->interval_per_s().high, 1041);
}

TEST(Capacity, is_known_better_after_more_trials) {
  const auto few = capacity_of(Votes{{1000, 2, 0}, {1020, 0, 2}});
  const auto more = capacity_of(Votes{{1000, 6, 0}, {1020, 0, 6}});
  ASSERT_TRUE(few && more);
  EXPECT_LT(more->width(), 0.6 * few->width());
}

TEST(Capacity, is_known_worse_where_trials_contradict_each_other) {
  const auto agreeing = capacity_of(Votes{{900, 4, 0}, {1000, 4, 0}, {1020, 0, 4}, {1120, 0, 4}});
  const auto contradicting = capacity_of(Votes{{900, 2, 2}, {1000, 2, 2}, {1020, 2, 2}, {1120, 2, 2}});
  ASSERT_TRUE(agreeing && contradicting);
  EXPECT_GT(contradicting->width(), 4 * agreeing->width());
}

TEST(Capacity, is_not_moved_far_by_one_trial_that_something_disturbed) {
  const auto belief = capacity_of(Votes{{500, 3, 1}, {1000, 6, 0}, {1020, 0, 6}});
  ASSERT_TRUE(belief);
  EXPECT_NEAR(belief->median_per_s() / 1010, 1, 0.02);
}

TEST(Capacity, has_intervals_that_hold_the_truth_nineteen_times_in_twenty) {
  Random random(1);
  constexpr int sets = 300;
  int held = 0;
  for (int i = 0; i < sets; ++i) {
    Votes votes;
    for (const double rate : {920.0, 960.0, 980.0, 1000.0, 1020.0, 1040.0, 1080.0}) {
      RateVotes& vote = votes.emplace_back(RateVotes{rate, 0, 0});
      for (int trial = 0; trial < 5; ++trial) {
        ++(rate <= 1003 * std::exp(0.03 * random.normal()) ? vote.passes : vote.fails);
      }
    }
    held += capacity_of(votes)->interval_per_s().contains(1003);
  }
  EXPECT_GT(held, sets * 0.89);
  EXPECT_LT(held, sets);
}

TEST(Capacity, that_is_lowered_is_known_less_well_by_as_much) {
  const auto belief = capacity_of(Votes{{3227, 5, 0}, {3273, 0, 5}});
  ASSERT_TRUE(belief);
  const CapacityBelief lowered = belief->lowered_to(3190);
  EXPECT_NEAR(lowered.median_per_s(), 3190, 1);
  EXPECT_NEAR(lowered.interval_per_s().high, belief->interval_per_s().high, 2);
  EXPECT_NEAR(lowered.interval_per_s().low, belief->interval_per_s().low * 3190 / belief->median_per_s(), 2);
}

TEST(Capacity, over_another_is_known_less_well_than_either) {
  const auto one = capacity_of(Votes{{1000, 5, 0}, {1020, 0, 5}});
  const auto other = capacity_of(Votes{{2000, 5, 0}, {2040, 0, 5}});
  ASSERT_TRUE(one && other);
  const auto ratio = other->over(*one);
  EXPECT_NEAR(ratio.median, 2, 0.01);
  EXPECT_TRUE(ratio.interval.contains(2));
  EXPECT_GT(ratio.interval.high / ratio.interval.low - 1, one->width());
  EXPECT_NEAR(one->over(*one).median, 1, 0.001) << "two that are equal";
}

}  // namespace
}  // namespace cbench
