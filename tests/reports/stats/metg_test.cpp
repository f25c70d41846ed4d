// METG from efficiencies whose crossing is known.
#include "reports/stats/metg.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

// Efficiency of a model that costs `overhead_s` a task: s / (s + overhead).
std::vector<GranularityPoint> with_overhead(double overhead_s, const std::vector<double>& sizes) {
  std::vector<GranularityPoint> points;
  for (const double size : sizes) points.push_back({size, size / (size + overhead_s)});
  return points;
}

std::vector<double> powers(double first, double factor, int count) {
  std::vector<double> sizes;
  for (int i = 0; i < count; ++i) sizes.push_back(first * std::pow(factor, i));
  return sizes;
}

TEST(Metg, is_where_half_of_the_time_is_overhead) {
  const auto points = with_overhead(10e-6, powers(0.3e-6, 1.5, 20));
  EXPECT_NEAR(metg(points, 0.5).task_s.value() / 10e-6, 1, 0.01);
  EXPECT_NEAR(metg(points, 0.8).task_s.value() / 40e-6, 1, 0.01);
}

TEST(Metg, interpolates_in_the_logarithm_of_the_size) {
  const std::vector<GranularityPoint> points{{1e-6, 0.4}, {100e-6, 0.6}};
  EXPECT_NEAR(metg(points, 0.5).task_s.value(), 10e-6, 1e-12);
}

TEST(Metg, takes_the_size_from_which_on_the_efficiency_is_kept) {
  const std::vector<GranularityPoint> points{{1e-6, 0.2}, {2e-6, 0.6}, {4e-6, 0.3}, {8e-6, 0.7}, {16e-6, 0.9}};
  const double size = metg(points, 0.5).task_s.value();
  EXPECT_GT(size, 4e-6) << "a lucky small size is not what the model keeps";
  EXPECT_LT(size, 8e-6);
}

TEST(Metg, is_refused_where_a_side_is_missing) {
  const auto coarse = with_overhead(1e-6, {100e-6, 200e-6});
  EXPECT_FALSE(metg(coarse, 0.5).task_s.has_value());
  EXPECT_TRUE(has(metg(coarse, 0.5).refused, "even the smallest task, 100us, reaches 99%"));
  const auto fine = with_overhead(1e-3, {1e-6, 20e-6});
  EXPECT_FALSE(metg(fine, 0.5).task_s.has_value());
  EXPECT_TRUE(has(metg(fine, 0.5).refused, "the largest task, 20.0us, reaches only 2"));
  EXPECT_FALSE(metg({}, 0.5).task_s.has_value());
}

TEST(Metg, takes_a_point_that_lies_on_the_target) {
  const std::vector<GranularityPoint> points{{1e-6, 0.4}, {2e-6, 0.5}, {4e-6, 0.8}};
  EXPECT_NEAR(metg(points, 0.5).task_s.value(), 2e-6, 1e-15);
}

TEST(Metg, has_an_interval_from_repetitions_that_covers_95_times_in_100) {
  Random random(1);
  const std::vector<double> sizes = powers(1e-6, 2, 8);
  const double truth = metg(with_overhead(10e-6, sizes), 0.5).task_s.value();
  int covered = 0;
  constexpr int sets = 500;
  for (int i = 0; i < sets; ++i) {
    std::vector<GranularityPoint> points;
    for (int k = 0; k < 3; ++k) {
      for (GranularityPoint point : with_overhead(10e-6, sizes)) {
        point.efficiency += 0.02 * random.normal();
        points.push_back(point);
      }
    }
    covered += metg(points, 0.5, 200, static_cast<std::uint64_t>(i)).interval.contains(truth);
  }
  EXPECT_GE(covered, 0.93 * sets);
  EXPECT_LE(covered, 0.97 * sets);
}

TEST(Metg, is_told_for_every_efficiency_that_is_asked_about) {
  const std::vector<double> targets{0.5, 0.75, 0.8, 0.9, 0.95};
  const std::vector<Metg> table = metg_table(with_overhead(10e-6, powers(1e-6, 2, 14)), targets);
  ASSERT_EQ(table.size(), targets.size());
  for (std::size_t i = 1; i < table.size(); ++i) EXPECT_GT(table[i].task_s.value(), table[i - 1].task_s.value());
}

}  // namespace
}  // namespace cbench
