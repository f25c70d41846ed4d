// What repetitions know of a mean, and what they must not be taken to know.
#include "reports/stats/estimate.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

TEST(Estimate, the_interval_is_students) {
  const Estimate three = estimate({1, 2, 3});
  EXPECT_DOUBLE_EQ(three.mean, 2);
  EXPECT_DOUBLE_EQ(three.median, 2);
  EXPECT_NEAR(three.low, 2 - 2.48414, 1e-4);  // t(0.975; 2) = 4.30265, s = 1
  EXPECT_NEAR(three.high, 2 + 2.48414, 1e-4);
  const Estimate ten = estimate({10, 12, 9, 11, 10, 13, 8, 10, 11, 12});
  EXPECT_NEAR(ten.mean, 10.6, 1e-9);
  EXPECT_NEAR((ten.high - ten.low) / 2, 2.26216 * 1.50555 / 3.16228, 1e-4);
}

TEST(Estimate, one_repetition_has_no_interval) {
  const Estimate one = estimate({5});
  EXPECT_FALSE(one.has_interval());
  EXPECT_EQ(one.trust(), Trust::none);
  EXPECT_EQ(one.doubt(), "1 repetition");
  EXPECT_EQ(one.low, 5);
  EXPECT_EQ(one.high, 5);
  EXPECT_EQ(plus_minus(one), "");
  EXPECT_EQ(estimate({}).repetitions, 0U);
}

TEST(Estimate, the_median_of_an_even_number_is_half_way) { EXPECT_EQ(estimate({4, 1, 3, 2}).median, 2.5); }

TEST(Estimate, equal_counts_are_known_to_one_task_and_not_exactly) {
  // 17 tasks in a window of 2 s, three times: 8.5/s, and one task more would have been 9.
  const Estimate equal = estimate({8.5, 8.5, 8.5}, {.resolution = 0.5});
  EXPECT_NEAR(equal.relative_half_width(), 1.0 / 17, 1e-12);
  EXPECT_EQ(plus_minus(equal), "±5.9%");
  // Where repetitions differ by more than that, they tell themselves.
  EXPECT_NEAR(estimate({1, 2, 3}, {.resolution = 0.5}).high, 2 + 2.48414, 1e-4);
}

TEST(Estimate, is_never_shown_as_exact) {
  EXPECT_EQ(plus_minus(estimate({100, 100, 100})), "±<0.1%");
  EXPECT_EQ(plus_minus(estimate({100'000, 100'001, 100'000})), "±<0.1%");
  EXPECT_EQ(plus_minus(estimate({100.0, 100.1, 100.0})), "±0.1%");
}

TEST(Estimate, two_repetitions_are_marked_and_an_interval_as_wide_as_the_mean_is_none) {
  EXPECT_EQ(plus_minus(estimate({100, 101})), "±6.3%?");
  EXPECT_EQ(estimate({100, 101}).trust(), Trust::few);
  const Estimate wide = estimate({1'100, 2'830});  // Student's: from -9026 to 12956
  EXPECT_FALSE(wide.has_interval());
  EXPECT_EQ(plus_minus(wide), "±?");
  EXPECT_EQ(wide.doubt(), "2 repetitions");
}

TEST(Estimate, percentiles_have_intervals_that_stay_above_zero) {
  const Estimate p99 = estimate({100, 140, 260}, {.scale = Scale::logarithmic});
  EXPECT_LT(estimate({100, 140, 260}).low, 0) << "on a linear scale";
  EXPECT_GT(p99.low, 0);
  EXPECT_NEAR(std::sqrt(p99.low * p99.high), std::cbrt(100.0 * 140 * 260), 1e-9) << "around the geometric mean";
}

TEST(Estimate, is_to_be_trusted_from_five_repetitions_on_that_do_not_drift) {
  EXPECT_EQ(estimate({100, 102, 99, 101}).trust(), Trust::few);
  EXPECT_EQ(estimate({100, 102, 99, 101, 98}).trust(), Trust::full);
  EXPECT_EQ(estimate({100, 102, 99, 101, 98}).doubt(), "");
  const Estimate drifting = estimate({100, 101, 102, 103, 104, 105, 106, 107});
  EXPECT_EQ(drifting.trust(), Trust::drifting);
  EXPECT_TRUE(plus_minus(drifting).ends_with("?"));
  EXPECT_EQ(drifting.doubt(), "the repetitions drift");
}

TEST(Estimate, finds_drift_where_there_is_some_and_seldom_where_there_is_none) {
  constexpr int sets = 1000;
  const auto share_drifting = [](double share) {
    Random random(1);
    int found = 0;
    for (int i = 0; i < sets; ++i) {
      std::vector<double> values(20);
      double error = random.normal();
      for (double& value : values) {
        value = 100 + error;
        error = share * error + std::sqrt(1 - share * share) * random.normal();
      }
      found += estimate(values).drifting;
    }
    return static_cast<double>(found) / sets;
  };
  EXPECT_LT(share_drifting(0), 0.08);
  EXPECT_GT(share_drifting(0.7), 0.6);
}

}  // namespace
}  // namespace cbench
