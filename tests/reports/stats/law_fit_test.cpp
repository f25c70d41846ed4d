// Least squares of one law: what weights do, where a bend is found, and that fits stay within their bounds.
#include "reports/stats/law_fit.hpp"

#include <cmath>
#include <utility>
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

// A law that contains another has that one's best among its own.
TEST(LawFit, is_never_worse_than_a_law_that_it_contains) {
  Random random(7);
  for (int i = 0; i < 300; ++i) {
    Means points;
    const double alpha = i % 3 == 0 ? 0 : 0.02 * i / 300;
    for (const double n : i % 2 == 0 ? std::vector<double>{1, 2, 4} : std::vector<double>{1, 2, 4, 8, 12}) {
      const double mean = 1000 * n / (1 + alpha * (n - 1)) * (1 + 0.01 * random.normal());
      points.push_back({n, mean, 3 / (mean * mean)});
    }
    for (const auto& [simple, richer] : {std::pair{Law::amdahl, Law::usl}, std::pair{Law::amdahl, Law::capped_amdahl},
                                         std::pair{Law::little, Law::saturation}}) {
      const auto without = fit_law(simple, points);
      const auto with = fit_law(richer, points);
      ASSERT_TRUE(without && with);
      EXPECT_LE(with->sum_of_squares, without->sum_of_squares * (1 + 1e-6) + 1e-12) << name_of(richer) << " " << i;
      const auto again = fit_law(richer, points, &with->coefficients);
      ASSERT_TRUE(again);
      EXPECT_LE(again->sum_of_squares, without->sum_of_squares * (1 + 1e-4) + 1e-12) << name_of(richer) << " " << i;
    }
  }
}

TEST(LawFit, has_no_capacity_where_none_was_reached) {
  for (const Law law : {Law::saturation, Law::capped_amdahl}) {
    const auto found = fit_law(law, Means{{1, 100, 1}, {2, 197, 1}, {4, 403, 1}});
    ASSERT_TRUE(found);
    EXPECT_TRUE(std::isinf(found->coefficients.capacity)) << name_of(law);
    EXPECT_NEAR(throughput_at(law, found->coefficients, 8), 803, 5);
  }
}

// The best bend may be at a point, which then lies above it: it is on neither side.
TEST(LawFit, finds_a_bend_at_a_point) {
  const Means points{{1, 100, 1}, {2, 200, 1}, {4, 430, 1}, {8, 405, 1}, {16, 395, 1}};
  const auto found = fit_law(Law::saturation, points);
  ASSERT_TRUE(found);
  for (const double gamma : {-1.0, 0.0, 1.0}) {
    for (const double capacity : {-4.0, 0.0, 4.0}) {
      const Coefficients beside{.gamma = found->coefficients.gamma + gamma,
                                .capacity = found->coefficients.capacity + capacity};
      EXPECT_GE(squares_of(Law::saturation, points, beside), found->sum_of_squares * (1 - 1e-9));
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
