// Least squares of one law: what weights do, where a bend is found, and that fits stay within their bounds.
#include "reports/stats/law_fit.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

using Means = std::vector<MeanPoint>;

const std::vector<Law> all{Law::little, Law::saturation, Law::amdahl, Law::usl, Law::gustafson, Law::capped_amdahl};

// About Amdahl's law up to a limit, and off it by a few percent, so that no law goes through all of them.
Means odd_points() {
  Random random(1);
  Means points;
  for (const double n : {1, 2, 3, 4, 6, 8, 12, 16}) {
    const double throughput = std::min(100 * n / (1 + 0.04 * (n - 1)), 560.0);
    points.push_back({n, throughput * (1 + 0.05 * random.normal()), 1});
  }
  return points;
}

void expect_same(const Coefficients& a, const Coefficients& b, const std::string& of) {
  EXPECT_NEAR(a.gamma, b.gamma, 1e-4 * (1 + std::abs(b.gamma))) << of;
  EXPECT_NEAR(a.alpha, b.alpha, 1e-5) << of;
  EXPECT_NEAR(a.beta, b.beta, 1e-6) << of;
  EXPECT_NEAR(a.capacity, b.capacity, 1e-4 * (1 + b.capacity)) << of;
}

TEST(LawFit, counts_a_point_of_weight_three_as_three_points) {
  for (const Law law : all) {
    for (std::size_t heavy = 0; heavy < odd_points().size(); ++heavy) {
      Means weighted = odd_points();
      weighted[heavy].weight = 3;
      Means repeated = odd_points();
      repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(heavy), 2, repeated[heavy]);
      const auto a = fit_law(law, weighted);
      const auto b = fit_law(law, repeated);
      ASSERT_TRUE(a && b);
      if (law == Law::capped_amdahl && heavy >= 3 && heavy <= 5) continue;  // a bend does not part the three
      expect_same(a->coefficients, b->coefficients, std::string(name_of(law)) + " at " + std::to_string(heavy));
      EXPECT_NEAR(a->sum_of_squares, b->sum_of_squares, 1e-4 * b->sum_of_squares);
    }
  }
}

TEST(LawFit, goes_through_the_points_that_weigh_most) {
  for (const Law law : {Law::amdahl, Law::usl, Law::gustafson}) {
    Means points = odd_points();
    const std::size_t parameters = parameter_count(law);
    // As many as it has parameters, on a curve that it can follow.
    const Coefficients truth{.gamma = 90, .alpha = 0.1, .beta = law == Law::usl ? 0.002 : 0};
    for (std::size_t i = 0; i < parameters; ++i) {
      points[3 * i].throughput = throughput_at(law, truth, points[3 * i].n);
      points[3 * i].weight = 1e8;
    }
    const auto found = fit_law(law, points);
    ASSERT_TRUE(found);
    expect_same(found->coefficients, truth, std::string(name_of(law)));
  }
}

TEST(LawFit, is_nowhere_better_than_where_it_ends) {
  for (const Law law : all) {
    Means points = odd_points();
    for (std::size_t i = 0; i < points.size(); ++i) points[i].weight = 1 + static_cast<double>(i % 3);
    const auto found = fit_law(law, points);
    ASSERT_TRUE(found);
    for (double Coefficients::*parameter :
         {&Coefficients::gamma, &Coefficients::alpha, &Coefficients::beta, &Coefficients::capacity}) {
      for (const double step : {-1e-3, 1e-3}) {
        Coefficients beside = found->coefficients;
        beside.*parameter += step * std::abs(beside.*parameter);
        EXPECT_GE(squares_of(law, points, beside), found->sum_of_squares * (1 - 1e-9)) << name_of(law);
      }
    }
  }
}

TEST(LawFit, finds_where_throughput_is_capped) {
  Means points;
  for (const double n : {1, 2, 4, 8, 16, 32}) points.push_back({n, std::min(100 * n / (1 + 0.05 * (n - 1)), 600.0), 1});
  const auto found = fit_law(Law::capped_amdahl, points);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->coefficients.capacity, 600, 1e-6);
  EXPECT_NEAR(found->coefficients.alpha, 0.05, 1e-6);
  EXPECT_NEAR(found->coefficients.gamma, 100, 1e-4);
  EXPECT_EQ(throughput_at(Law::capped_amdahl, found->coefficients, 1000), found->coefficients.capacity);
  const auto again = fit_law(Law::capped_amdahl, points, &found->coefficients);
  ASSERT_TRUE(again);
  expect_same(again->coefficients, found->coefficients, "from a start");
}

TEST(LawFit, finds_the_same_cap_from_a_start_where_points_are_few) {
  for (const std::size_t count : {3, 4, 5}) {
    Means points{{1, 100, 1}, {2, 150, 1}, {4, 170, 1}, {8, 160, 1}, {16, 165, 1}};
    points.resize(count);
    const auto found = fit_law(Law::capped_amdahl, points);
    ASSERT_TRUE(found);
    for (const double capacity : {90.0, 120.0, 165.0, 500.0}) {  // reached by the first point, between, by none
      Coefficients start = found->coefficients;
      start.capacity = capacity;
      const auto again = fit_law(Law::capped_amdahl, points, &start);
      ASSERT_TRUE(again);
      expect_same(again->coefficients, found->coefficients, fmt::format("{} points, {}", count, capacity));
    }
  }
}

TEST(LawFit, has_its_peak_at_one_worker_at_the_least) {
  EXPECT_NEAR(peak_of({.gamma = 1, .alpha = 0.1, .beta = 0.001}).value(), 30, 1e-9);
  EXPECT_EQ(peak_of({.gamma = 1, .alpha = 0.9, .beta = 0.5}).value(), 1);
  EXPECT_EQ(peak_of({.gamma = 1, .alpha = 1, .beta = 0.5}).value(), 1);
  EXPECT_FALSE(peak_of({.gamma = 1, .alpha = 0.5}).has_value());
}

TEST(LawFit, is_none_of_too_few_points) {
  const Means two{{1, 100, 1}, {2, 190, 1}};
  EXPECT_TRUE(fit_law(Law::amdahl, two));
  EXPECT_FALSE(fit_law(Law::usl, two));
  EXPECT_FALSE(fit_law(Law::capped_amdahl, two));
  EXPECT_FALSE(fit_law(Law::amdahl, Means{{1, 0, 1}, {2, 0, 1}, {4, 0, 1}}));
}

}  // namespace
}  // namespace cbench
