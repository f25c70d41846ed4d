// The rates of a curve: they rise, lie denser towards the capacity, and go a little past it.
#include "sweep/curve/curve_rates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace cbench {
namespace {

TEST(CurveRates, eight_points_lie_where_the_page_says) {
  EXPECT_EQ(load_shares(8), (std::vector<double>{0.10, 0.50, 0.72, 0.84, 0.91, 0.95, 1.00, 1.05}));
}

TEST(CurveRates, every_number_of_points_rises_from_a_tenth_to_a_little_past_the_capacity) {
  for (std::size_t points = fewest_curve_points; points <= most_curve_points; ++points) {
    const std::vector<double> shares = load_shares(points);
    ASSERT_EQ(shares.size(), points);
    EXPECT_EQ(std::set<double>(shares.begin(), shares.end()).size(), points) << points << ": no share twice";
    EXPECT_TRUE(std::ranges::is_sorted(shares)) << points;
    EXPECT_DOUBLE_EQ(shares.front(), 0.1);
    EXPECT_DOUBLE_EQ(shares[points - 3], 0.95);
    EXPECT_DOUBLE_EQ(shares[points - 2], 1);
    EXPECT_DOUBLE_EQ(shares.back(), 1.05);
  }
}

TEST(CurveRates, response_times_of_mm1_rise_by_the_same_factor_from_one_to_the_next) {
  const std::vector<double> shares = load_shares(8);
  const double whole = (1 - shares[0]) / (1 - shares[1]);
  for (std::size_t i = 2; i + 2 < shares.size(); ++i) {
    EXPECT_NEAR((1 - shares[i - 1]) / (1 - shares[i]) / whole, 1, 0.05) << i;
  }
}

TEST(CurveRates, a_rate_has_four_digits) {
  EXPECT_DOUBLE_EQ(rate_at(0.95, 12'345.678), 11'730);
  EXPECT_DOUBLE_EQ(rate_at(1, 2'332.3), 2'332);
  EXPECT_DOUBLE_EQ(rate_at(0.1, 96.04), 9.604);
  EXPECT_NEAR(rate_at(1.05, 0.0123), 0.01292, 1e-5);
}

}  // namespace
}  // namespace cbench
