// What is said of sweeps whose truth is known: a law only where one describes them, and what no law describes by its
// own name. The rates are in docs/statistics.md; the bounds here are wide enough for the few sets of a test.
#include "reports/stats/scaling_laws.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Points = std::vector<ScalingPoint>;
using Course = std::function<double(double)>;  // throughput at n

const std::vector<double> powers_of_two{1, 2, 4, 8, 16, 32};

Course law(Law name, const Coefficients& truth) {
  return [=](double n) { return throughput_at(name, truth, n); };
}
const Course in_proportion = law(Law::amdahl, {.gamma = 1000});
const Course amdahl = law(Law::amdahl, {.gamma = 1000, .alpha = 0.05});
const Course usl = law(Law::usl, {.gamma = 1000, .alpha = 0.02, .beta = 0.005});
const Course capped = law(Law::saturation, {.gamma = 1000, .capacity = 8000});
const Course capped_later = law(Law::capped_amdahl, {.gamma = 1000, .alpha = 0.03, .capacity = 6200});
const Course falling = law(Law::usl, {.gamma = 1000, .alpha = 0.8, .beta = 0.3});
double staircase(double n) { return n < 8 ? 99.0 * n : n < 32 ? 500 : 990; }
// Amdahl's law, but for 16 % at one n.
double bent(double n) { return amdahl(n) * (n == 4 ? 1.16 : 1); }
Course beyond_proportion(double by) {
  return [=](double n) { return 1000 * n * (n >= 4 ? 1 + by : 1); };
}

Points sweep(Random& random, const Course& course, double noise, int repetitions = 3,
             const std::vector<double>& counts = powers_of_two) {
  Points points;
  for (const double n : counts) {
    for (int k = 0; k < repetitions; ++k) points.push_back({n, course(n) * (1 + noise * random.normal())});
  }
  return points;
}

ScalingFit fit_of(const Course& course, double noise, int repetitions = 3,
                  const std::vector<double>& counts = powers_of_two) {
  Random random(1);
  return fit_scaling(sweep(random, course, noise, repetitions, counts), {.resamples = 100});
}

// In how many of a hundred sweeps that is the finding.
double found(ScalingFinding finding, const Course& course, double noise, int sets = 100, int repetitions = 3) {
  Random random(2);
  int times = 0;
  for (int i = 0; i < sets; ++i) {
    times += fit_scaling(sweep(random, course, noise, repetitions), {.resamples = 10}).finding == finding;
  }
  return 100.0 * times / sets;
}

TEST(ScalingFindings, take_the_law_that_the_points_were_made_from) {
  for (const double noise : {0.0, 0.01, 0.03}) {
    EXPECT_EQ(fit_of(amdahl, noise).chosen, Law::amdahl) << noise;
    EXPECT_EQ(fit_of(in_proportion, noise).chosen, Law::amdahl) << noise;
    EXPECT_EQ(fit_of(usl, noise).chosen, Law::usl) << noise;
    EXPECT_EQ(fit_of(amdahl, noise).finding, ScalingFinding::law) << noise;
    EXPECT_EQ(fit_of(amdahl, noise).find(Law::amdahl)->description, Description::holds) << noise;
  }
}

TEST(ScalingFindings, know_superlinear_throughput) {
  for (const int repetitions : {1, 3}) {
    const ScalingFit fit = fit_of(beyond_proportion(0.2), repetitions == 1 ? 0 : 0.02, repetitions);
    EXPECT_EQ(fit.finding, ScalingFinding::superlinear) << repetitions;
    EXPECT_FALSE(fit.chosen.has_value());
    EXPECT_TRUE(fit.closest.has_value());
    ASSERT_TRUE(fit.superlinear.has_value());
    EXPECT_GE(fit.superlinear->n, 4);
    EXPECT_NEAR(fit.superlinear->of_proportion(), 1.2, 0.06);
    EXPECT_TRUE(fit.superlinear->interval.contains(1.2 * fit.superlinear->n));
  }
  EXPECT_GE(found(ScalingFinding::superlinear, beyond_proportion(0.1), 0.02), 90);
  // Against the smallest count that there is, which need not be one.
  const ScalingFit from_two = fit_of(beyond_proportion(0.2), 0.01, 3, {2, 4, 8, 16});
  EXPECT_EQ(from_two.finding, ScalingFinding::superlinear);
  EXPECT_EQ(from_two.superlinear->over, 2);
  const ScalingFit tasks = [&] {
    Random random(3);
    return fit_scaling(sweep(random, beyond_proportion(0.2), 0.01),
                       {.axis = ScalingAxis::tasks_in_flight, .resamples = 20});
  }();
  EXPECT_EQ(tasks.finding, ScalingFinding::superlinear);
}

TEST(ScalingFindings, do_not_take_noise_for_superlinear) {
  for (const double noise : {0.005, 0.02, 0.1}) {
    EXPECT_LE(found(ScalingFinding::superlinear, in_proportion, noise, 200), 2) << noise;
  }
  EXPECT_EQ(found(ScalingFinding::superlinear, in_proportion, 0), 0);
  EXPECT_EQ(fit_of(beyond_proportion(0.03), 0.001).finding, ScalingFinding::law) << "3 % are no finding of their own";
  EXPECT_TRUE(fit_of(beyond_proportion(0.03), 0.001).superlinear.has_value()) << "but are said";
}

TEST(ScalingFindings, know_a_hard_limit) {
  for (const int repetitions : {1, 3}) {
    const double noise = repetitions == 1 ? 0.002 : 0.02;
    EXPECT_EQ(fit_of(capped, noise, repetitions).finding, ScalingFinding::capped) << repetitions;
    EXPECT_EQ(fit_of(capped_later, noise, repetitions).finding, ScalingFinding::capped) << repetitions;
  }
  const ScalingFit fit = fit_of(capped_later, 0.01);
  EXPECT_EQ(fit.chosen, Law::capped_amdahl);
  EXPECT_TRUE(fit.chosen_law()->capacity.contains(6200));
  EXPECT_TRUE(fit.chosen_law()->alpha.contains(0.03));
  EXPECT_GE(found(ScalingFinding::capped, capped, 0.02), 90);
  EXPECT_GE(found(ScalingFinding::capped, capped_later, 0.01), 90);
  EXPECT_EQ(fit_of(capped, 0.01, 3, {1, 4, 8, 16}).finding, ScalingFinding::capped);
}

TEST(ScalingFindings, do_not_take_a_curve_for_a_hard_limit) {
  EXPECT_LE(found(ScalingFinding::capped, amdahl, 0.02, 200), 1);
  EXPECT_LE(found(ScalingFinding::capped, usl, 0.02, 200), 1);
  EXPECT_LE(found(ScalingFinding::capped, law(Law::amdahl, {.gamma = 1000, .alpha = 0.3}), 0.02, 200), 1);
}

TEST(ScalingFindings, do_not_call_flat_what_one_count_shows) {
  const Course at_the_end = law(Law::saturation, {.gamma = 1000, .capacity = 12000});
  EXPECT_NE(fit_of(at_the_end, 0.01, 3, {1, 2, 4, 8, 16}).finding, ScalingFinding::capped);
  EXPECT_EQ(fit_of(at_the_end, 0.01, 3, {1, 2, 4, 8, 16, 24}).finding, ScalingFinding::capped);
}

TEST(ScalingFindings, are_none_where_no_law_describes_the_points) {
  for (const Course& course : {Course(staircase), Course(bent)}) {
    const ScalingFit fit = fit_of(course, 0.01);
    EXPECT_EQ(fit.finding, ScalingFinding::none);
    EXPECT_FALSE(fit.chosen.has_value());
    EXPECT_TRUE(fit.closest.has_value());
    EXPECT_LT(fit.closest_law()->lack_of_fit_p, 0.01);
    EXPECT_GE(fit.closest_law()->worst_deviation, 0.05);
    EXPECT_TRUE(fit.rows.back().predicted_per_s.has_value()) << "the closest law's";
  }
  EXPECT_EQ(fit_of(staircase, 0, 1).finding, ScalingFinding::none) << "without repetitions, by the residuals";
  EXPECT_GE(found(ScalingFinding::none, bent, 0.02), 90);
}

TEST(ScalingFindings, are_rarely_none_where_a_law_made_the_points) {
  for (const Course& course : {in_proportion, amdahl, usl, capped_later}) {
    EXPECT_LE(found(ScalingFinding::none, course, 0.02, 200), 2);
    EXPECT_LE(found(ScalingFinding::none, course, 0.1, 200), 2);
  }
}

TEST(ScalingFindings, hedge_where_noise_would_hide_a_misfit_or_nothing_was_repeated) {
  EXPECT_EQ(fit_of(amdahl, 0.15).find(Law::amdahl)->description, Description::noisy);
  EXPECT_EQ(fit_of(amdahl, 0, 1).find(Law::amdahl)->description, Description::holds);
  const ScalingFit roughly = fit_of(bent, 0, 1);
  ASSERT_TRUE(roughly.chosen.has_value());
  EXPECT_EQ(roughly.chosen_law()->description, Description::roughly);
  EXPECT_NEAR(roughly.chosen_law()->worst_deviation, 0.13, 0.03);
  EXPECT_EQ(roughly.chosen_law()->worst_at, 4);
}

TEST(ScalingFindings, know_falling_throughput) {
  for (const int repetitions : {1, 3}) {
    const ScalingFit fit = fit_of(falling, repetitions == 1 ? 0 : 0.02, repetitions);
    EXPECT_EQ(fit.finding, ScalingFinding::falling) << repetitions;
    ASSERT_TRUE(fit.find(Law::usl)->peak.has_value());
    EXPECT_EQ(*fit.find(Law::usl)->peak, 1) << "nobody runs on a part of a worker";
    EXPECT_EQ(fit.find(Law::usl)->peak_interval.low, 1);
  }
  EXPECT_EQ(fit_of(usl, 0.01).finding, ScalingFinding::law) << "it rises first";
  EXPECT_LE(found(ScalingFinding::falling, law(Law::amdahl, {.gamma = 1000, .alpha = 1}), 0.03, 200), 2)
      << "nothing more, and nothing less";
}

TEST(ScalingFindings, tell_of_a_rival_where_the_points_do_not_decide) {
  // Between a bend and a peak lies nothing but noise.
  int rivals = 0;
  int worse = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    const Course flat_top = law(Law::usl, {.gamma = 1000, .alpha = 0.02, .beta = 0.002});
    const ScalingFit fit = fit_scaling(sweep(random, flat_top, 0.1, 3, {4, 8, 16, 24, 32}), {.resamples = 10});
    const bool both = fit.find(Law::usl)->description != Description::off &&
                      fit.find(Law::capped_amdahl)->description != Description::off;
    worse += both && fit.chosen == Law::usl && !fit.rival ? 1 : 0;
    if (!fit.rival) continue;
    ++rivals;
    EXPECT_LT(fit.find(*fit.rival)->aicc, fit.chosen_law()->aicc + 2);
    EXPECT_NE(fit.rival, fit.chosen);
    EXPECT_NE(fit.find(*fit.rival)->description, Description::off);
  }
  EXPECT_GT(rivals, 0);
  EXPECT_GT(worse, 0) << "one that does not do as well is no rival, though it is not contradicted";
  EXPECT_FALSE(fit_of(usl, 0.01).rival.has_value());
  EXPECT_FALSE(fit_of(capped, 0.01).rival.has_value());
}

TEST(ScalingFindings, do_not_take_a_law_that_any_three_points_follow) {
  const ScalingFit fit = fit_of(usl, 0.01, 3, {1, 8, 32});
  EXPECT_TRUE(fit.find(Law::usl)->fitted);
  EXPECT_NE(fit.chosen, Law::usl) << "three parameters, three counts: nothing was tested";
}

// The weights are what makes it exact: where errors are proportional to throughput, a fit to all points alike listens
// to the noisiest of them.
TEST(ScalingFindings, rest_on_fits_that_weigh_points_by_their_errors) {
  Random random(5);
  double weighted = 0;
  double alike = 0;
  for (int i = 0; i < 100; ++i) {
    const Points points = sweep(random, amdahl, 0.05);
    const auto error = [&](Weighting weighting) {
      const ScalingFit fit = fit_scaling(points, {.weighting = weighting, .resamples = 2});
      return std::pow(fit.find(Law::amdahl)->coefficients.alpha - 0.05, 2);
    };
    weighted += error(Weighting::relative);
    alike += error(Weighting::equal);
  }
  EXPECT_LT(weighted, 0.7 * alike);
}

}  // namespace
}  // namespace cbench
