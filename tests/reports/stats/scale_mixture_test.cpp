// Integrals over unknown variances, against distributions that are known.
#include "reports/stats/scale_mixture.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(ScaleMixture, one_standard_deviation_is_the_normal_distribution) {
  const ScaleMixture normal({2.0});
  EXPECT_NEAR(normal.share_beyond(2 * 1.959964), 0.05, 1e-6);
  EXPECT_NEAR(normal.half_width(0.95), 2 * 1.959964, 1e-4);
  EXPECT_EQ(ScaleMixture({0.0}).half_width(0.95), 0);
  EXPECT_EQ(ScaleMixture({0.0}).share_beyond(1), 0);
  EXPECT_EQ(ScaleMixture({0.0}).share_beyond(0), 1);
}

TEST(ScaleMixture, over_an_estimated_variance_it_is_students_t) {
  for (const double freedom : {2.0, 4.0, 10.0}) {
    std::vector<double> deviations;
    for (const double factor : variance_factors(freedom, 1)) deviations.push_back(std::sqrt(factor));
    const ScaleMixture mixture(std::move(deviations));
    const double quantile = gsl_cdf_tdist_Pinv(0.975, freedom);
    EXPECT_NEAR(mixture.half_width(0.95) / quantile, 1, 0.02) << freedom;
    EXPECT_NEAR(mixture.share_beyond(gsl_cdf_tdist_Pinv(0.9975, freedom)), 0.005, 0.001) << freedom;
  }
}

TEST(ScaleMixture, points_fill_the_cube_evenly) {
  for (int coordinate = 0; coordinate < 4; ++coordinate) {
    const std::vector<double>& shares = even_shares(coordinate);
    ASSERT_EQ(shares.size(), even_points);
    for (int tenth = 0; tenth < 10; ++tenth) {
      const auto inside = std::ranges::count_if(
          shares, [&](double share) { return share >= tenth * 0.1 && share < (tenth + 1) * 0.1; });
      EXPECT_NEAR(static_cast<double>(inside), even_points / 10.0, 5) << coordinate;
    }
  }
}

}  // namespace
}  // namespace cbench
