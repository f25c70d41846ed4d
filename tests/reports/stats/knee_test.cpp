// The knee of planted curves: where theory has it, and none where there is none.
#include "reports/stats/knee.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace cbench {
namespace {

// Repetitions that scatter by so much, of a curve of mean response times over the load, from 0 to 1.
std::vector<LoadPower> curve(const std::vector<double>& loads, const std::function<double(double)>& response_s,
                             double noise = 0.01, std::size_t repetitions = 3) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> scatter(1, noise);
  std::vector<LoadPower> points;
  for (const double load : loads) {
    LoadPower& point = points.emplace_back();
    point.rate_per_s = load * 1000;
    for (std::size_t i = 0; i < repetitions; ++i)
      point.powers.push_back(point.rate_per_s / response_s(load) * scatter(random));
  }
  return points;
}

double mm1(double load) { return 0.001 / (1 - load); }

TEST(Knee, of_mm1_lies_about_half_of_the_capacity) {
  const auto knee = knee_of(curve({0.1, 0.3, 0.45, 0.55, 0.7, 0.9}, mm1));
  ASSERT_TRUE(knee);
  EXPECT_LT(knee->low_per_s, 500);
  EXPECT_GT(knee->high_per_s, 500);
  EXPECT_GE(knee->low_per_s, 300) << "0.3 has a power of 0.21, and 0.45 one of 0.2475";
  EXPECT_LE(knee->high_per_s, 700);
}

TEST(Knee, lies_between_the_neighbours_of_the_best_rate_where_repetitions_tell_it_from_them) {
  const auto knee = knee_of(curve({0.1, 0.25, 0.5, 0.75, 0.95}, mm1));
  ASSERT_TRUE(knee);
  EXPECT_EQ(knee->at_per_s, 500);
  EXPECT_EQ(knee->low_per_s, 250);
  EXPECT_EQ(knee->high_per_s, 750);
}

TEST(Knee, is_known_less_closely_where_repetitions_scatter) {
  const std::vector<double> loads{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  const auto quiet = knee_of(curve(loads, mm1, 0.001));
  const auto noisy = knee_of(curve(loads, mm1, 0.15));
  ASSERT_TRUE(quiet);
  ASSERT_TRUE(noisy);
  EXPECT_GT(noisy->high_per_s - noisy->low_per_s, quiet->high_per_s - quiet->low_per_s);
}

TEST(Knee, a_flat_curve_has_none) {
  const auto flat = [](double) { return 0.02; };
  EXPECT_FALSE(knee_of(curve({0.1, 0.3, 0.5, 0.7, 0.9}, flat)));
}

TEST(Knee, a_rate_that_overloads_the_model_bounds_it_and_is_not_it) {
  auto points = curve({0.1, 0.3, 0.5, 0.7, 0.9}, [](double) { return 0.02; });
  LoadPower& last = points.emplace_back();
  last.rate_per_s = 1050;
  last.powers = {1e9, 1e9, 1e9};  // as if every task that was not shed were fast
  last.kept_up = false;
  const auto knee = knee_of(points);
  ASSERT_TRUE(knee);
  EXPECT_EQ(knee->at_per_s, 900);
  EXPECT_EQ(knee->low_per_s, 700);
  EXPECT_EQ(knee->high_per_s, 1050);
}

TEST(Knee, may_lie_below_the_lowest_rate) {
  const auto knee = knee_of(curve({0.7, 0.8, 0.9, 0.95}, mm1));
  ASSERT_TRUE(knee);
  EXPECT_EQ(knee->low_per_s, 0);
  EXPECT_EQ(knee->high_per_s, 800);
}

TEST(Knee, of_fewer_than_three_rates_or_of_none_that_kept_up_there_is_none) {
  EXPECT_FALSE(knee_of({}));
  EXPECT_FALSE(knee_of(curve({0.5, 0.9}, mm1)));
  auto points = curve({0.5, 0.7, 0.9}, mm1);
  for (LoadPower& point : points) point.kept_up = false;
  EXPECT_FALSE(knee_of(points));
}

}  // namespace
}  // namespace cbench
