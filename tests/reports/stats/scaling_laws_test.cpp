// Scaling laws against published data sets, against data made from known coefficients, and in words.
#include "reports/stats/scaling_laws.hpp"
#include "reports/stats/scaling_words.hpp"

#include <cmath>
#include <limits>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Points = std::vector<ScalingPoint>;

// SPEC SDM91 on a Sun SPARCcenter 2000, scripts/h over simulated users (1994). Coefficients as published with the R
// package usl: 89.9952330 (14.21), 0.0277285 (0.00912), 0.0001044 (0.0000199), residual error 82.85 on 4 degrees.
const Points sdm91{{1, 64.9}, {18, 995.9}, {36, 1652.4}, {72, 1853.2}, {108, 1828.9}, {144, 1775.0}, {216, 1702.2}};

// BRL-CAD ray tracing on an SGI Origin 2000 (N. Gunther, Guerrilla Capacity Planning, 2007). Published: 21.848843,
// 0.057771, 0, residual error 9.34 on 8 degrees.
const Points ray_tracer{{1, 20},   {4, 78},   {8, 130},  {12, 170}, {16, 190}, {20, 200},
                        {24, 210}, {28, 230}, {32, 260}, {48, 280}, {64, 310}};

// A MySQL benchmark on a Cisco server (B. Schwartz, Practical Scalability Analysis, 2015). Published: 995.6486,
// 0.02671591, 0.0007690945, peak at 35.
Points cisco() {
  const std::vector<double> throughputs{955.16,   1878.91,  2688.01,  3548.68,  4315.54,  5130.43,  5931.37,  6531.08,
                                        7219.80,  7867.61,  8278.71,  8646.70,  9047.84,  9426.55,  9645.37,  9897.24,
                                        10097.60, 10240.50, 10532.39, 10798.52, 11151.43, 11518.63, 11806.00, 12089.37,
                                        12075.41, 12177.29, 12211.41, 12158.93, 12155.27, 12118.04, 12140.40, 12074.39};
  Points points;
  for (std::size_t i = 0; i < throughputs.size(); ++i) points.push_back({static_cast<double>(i + 1), throughputs[i]});
  return points;
}

// Whether the whole text is as the regular expression says.
testing::AssertionResult matches(const std::string& text, const std::string& expression) {
  if (std::regex_match(text, std::regex(expression))) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << "\" is not like " << expression;
}

const std::vector<double> powers_of_two{1, 2, 4, 8, 16, 32};

Points simulated(Law law, const Coefficients& truth, const std::vector<double>& counts, int repetitions, double noise,
                 Random& random) {
  Points points;
  for (const double n : counts) {
    for (int k = 0; k < repetitions; ++k) {
      points.push_back({n, throughput_at(law, truth, n) * (1 + noise * random.normal())});
    }
  }
  return points;
}

Points exact(Law law, const Coefficients& truth, const std::vector<double>& counts = powers_of_two) {
  Random random(1);
  return simulated(law, truth, counts, 2, 0, random);
}

TEST(ScalingLaws, give_back_the_published_coefficients_of_spec_sdm91) {
  const ScalingFit fit = fit_scaling(sdm91);
  const LawFit& usl = *fit.find(Law::usl);
  EXPECT_NEAR(usl.coefficients.gamma, 89.9952330, 1e-4);
  EXPECT_NEAR(usl.coefficients.alpha, 0.0277285, 1e-7);
  EXPECT_NEAR(usl.coefficients.beta, 0.0001044, 1e-7);
  EXPECT_NEAR(usl.peak.value(), 96.52, 0.01);
  EXPECT_NEAR(usl.residual_error, 82.85, 0.01);
  EXPECT_EQ(fit.chosen, Law::usl);
}

TEST(ScalingLaws, give_back_the_published_coefficients_of_the_ray_tracer_where_beta_ends_at_its_bound) {
  const ScalingFit fit = fit_scaling(ray_tracer);
  const LawFit& usl = *fit.find(Law::usl);
  EXPECT_NEAR(usl.coefficients.gamma, 21.848843, 1e-5);
  EXPECT_NEAR(usl.coefficients.alpha, 0.057771, 1e-6);
  EXPECT_EQ(usl.coefficients.beta, 0);
  EXPECT_FALSE(usl.peak.has_value());
  EXPECT_NEAR(usl.residual_error, 9.34, 0.01);
  EXPECT_EQ(fit.chosen, Law::amdahl) << "a coherency cost of 0 is Amdahl's law";
  EXPECT_NEAR(fit.find(Law::amdahl)->coefficients.alpha, 0.057771, 1e-6);
}

TEST(ScalingLaws, give_back_the_published_coefficients_of_the_cisco_benchmark) {
  const ScalingFit fit = fit_scaling(cisco());
  const LawFit& usl = *fit.find(Law::usl);
  EXPECT_NEAR(usl.coefficients.gamma, 995.6486, 5e-4);
  EXPECT_NEAR(usl.coefficients.alpha, 0.02671591, 1e-7);
  EXPECT_NEAR(usl.coefficients.beta, 0.0007690945, 1e-9);
  EXPECT_EQ(std::floor(usl.peak.value()), 35);
  EXPECT_EQ(fit.chosen, Law::usl);
}

TEST(ScalingLaws, give_back_the_coefficients_that_exact_data_were_made_with) {
  for (const double alpha : {0.0, 0.001, 0.05, 0.3, 1.0}) {
    const ScalingFit fit = fit_scaling(exact(Law::amdahl, {.gamma = 700, .alpha = alpha}), {.resamples = 20});
    EXPECT_EQ(fit.chosen, Law::amdahl) << alpha;
    EXPECT_NEAR(fit.find(Law::amdahl)->coefficients.alpha, alpha, 1e-6);
    EXPECT_NEAR(fit.find(Law::amdahl)->coefficients.gamma, 700, 1e-3);
  }
  for (const double beta : {1e-5, 1e-3, 0.05}) {
    const ScalingFit fit = fit_scaling(exact(Law::usl, {.gamma = 3e6, .alpha = 0.1, .beta = beta}), {.resamples = 20});
    EXPECT_EQ(fit.chosen, Law::usl) << beta;
    EXPECT_NEAR(fit.find(Law::usl)->coefficients.alpha, 0.1, 1e-5);
    EXPECT_NEAR(fit.find(Law::usl)->coefficients.beta / beta, 1, 1e-4);
  }
}

TEST(ScalingLaws, cover_the_true_serial_fraction_95_times_in_100) {
  constexpr int sets = 300;
  Random random(20);
  int alpha_covered = 0;
  int gamma_covered = 0;
  const Coefficients truth{.gamma = 1000, .alpha = 0.05};
  for (int i = 0; i < sets; ++i) {
    const Points points = simulated(Law::amdahl, truth, powers_of_two, 3, 0.02, random);
    const ScalingFit fit = fit_scaling(points, {.resamples = 150, .seed = static_cast<std::uint64_t>(i)});
    alpha_covered += fit.find(Law::amdahl)->alpha.contains(truth.alpha);
    gamma_covered += fit.find(Law::amdahl)->gamma.contains(truth.gamma);
  }
  EXPECT_GE(alpha_covered, 0.93 * sets);
  EXPECT_LE(alpha_covered, 0.97 * sets);
  EXPECT_GE(gamma_covered, 0.93 * sets);
  EXPECT_LE(gamma_covered, 0.97 * sets);
}

TEST(ScalingLaws, cover_the_true_coherency_and_peak_95_times_in_100) {
  constexpr int sets = 300;
  Random random(21);
  int beta_covered = 0;
  int peak_covered = 0;
  const Coefficients truth{.gamma = 1000, .alpha = 0.05, .beta = 0.002};
  for (int i = 0; i < sets; ++i) {
    const Points points = simulated(Law::usl, truth, powers_of_two, 5, 0.03, random);
    const ScalingFit fit = fit_scaling(points, {.resamples = 150, .seed = static_cast<std::uint64_t>(i)});
    beta_covered += fit.find(Law::usl)->beta.contains(truth.beta);
    peak_covered += fit.find(Law::usl)->peak_interval.contains(peak_of(truth).value());
  }
  EXPECT_GE(beta_covered, 0.93 * sets);
  EXPECT_LE(beta_covered, 0.97 * sets);
  EXPECT_GE(peak_covered, 0.93 * sets);
  EXPECT_LE(peak_covered, 0.97 * sets);
}

TEST(ScalingLaws, are_rarely_told_apart_where_there_is_nothing_to_tell) {
  Random random(22);
  int wrong = 0;
  for (int i = 0; i < 100; ++i) {
    const Points points = simulated(Law::amdahl, {.gamma = 1000, .alpha = 0.05}, powers_of_two, 3, 0.02, random);
    wrong += fit_scaling(points, {.resamples = 2}).chosen != Law::amdahl;
  }
  EXPECT_LE(wrong, 5);
}

TEST(ScalingLaws, depend_on_the_seed_alone) {
  Random random(3);
  const Points points = simulated(Law::usl, {.gamma = 10, .alpha = 0.1, .beta = 0.01}, powers_of_two, 3, 0.05, random);
  const Interval first = fit_scaling(points, {.seed = 7}).find(Law::usl)->alpha;
  const Interval again = fit_scaling(points, {.seed = 7}).find(Law::usl)->alpha;
  const Interval other = fit_scaling(points, {.seed = 8}).find(Law::usl)->alpha;
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_NE(first.high, other.high);
}

TEST(ScalingLaws, weigh_by_what_the_repetitions_say_about_their_error) {
  Random random(4);
  const Coefficients truth{.gamma = 1000, .alpha = 0.05};
  EXPECT_EQ(fit_scaling(simulated(Law::amdahl, truth, powers_of_two, 3, 0.02, random)).weighting, Weighting::relative);
  Points additive;
  for (const double n : powers_of_two) {
    for (int k = 0; k < 5; ++k) additive.push_back({n, throughput_at(Law::amdahl, truth, n) + 40 * random.normal()});
  }
  EXPECT_EQ(fit_scaling(additive).weighting, Weighting::equal);
  EXPECT_EQ(fit_scaling(sdm91).weighting, Weighting::equal) << "without repetitions there is nothing to weigh by";
}

TEST(ScalingLaws, do_not_boast_narrow_intervals_where_the_law_does_not_hold) {
  // A step that no law follows, measured to 0.1 %.
  Random random(5);
  Points points;
  for (const auto& [n, throughput] :
       std::vector<std::pair<double, double>>{{1, 100}, {2, 199}, {4, 390}, {8, 500}, {16, 505}, {32, 990}}) {
    for (int k = 0; k < 5; ++k) points.push_back({n, throughput * (1 + 0.001 * random.normal())});
  }
  const ScalingFit fit = fit_scaling(points);
  const LawFit& amdahl = *fit.find(Law::amdahl);
  EXPECT_LT(amdahl.lack_of_fit_p, 0.01);
  EXPECT_GT(amdahl.alpha.high - amdahl.alpha.low, 0.01);
  EXPECT_FALSE(fit.chosen.has_value());
  EXPECT_TRUE(matches(fit.sentences.front(), "none of these laws.*"));
}

// Points of no bend: what was not reached has no end, and an interval without its estimate would deny it.
TEST(ScalingLaws, have_intervals_that_hold_their_estimates) {
  Random random(11);
  for (int i = 0; i < 40; ++i) {
    std::vector<ScalingPoint> points;
    for (const double n : {1, 2, 4}) {
      for (int k = 0; k < 3; ++k)
        points.push_back({.n = n, .throughput_per_s = 1000 * n * (1 + 0.01 * random.normal())});
    }
    for (const ScalingAxis axis : {ScalingAxis::workers, ScalingAxis::tasks_in_flight}) {
      for (const LawFit& law : fit_scaling(points, {.axis = axis, .resamples = 200}).laws) {
        if (!law.fitted) continue;
        const Coefficients& c = law.coefficients;
        EXPECT_TRUE(law.gamma.contains(c.gamma)) << name_of(law.law);
        EXPECT_TRUE(law.alpha.contains(c.alpha)) << name_of(law.law);
        EXPECT_TRUE(law.beta.contains(c.beta)) << name_of(law.law);
        EXPECT_TRUE(law.capacity.contains(c.capacity)) << name_of(law.law) << " " << c.capacity;
      }
    }
  }
}

// Three counts, three parameters, and a misfit: there is nothing left to tell errors by.
TEST(ScalingLaws, have_no_interval_where_nothing_tells_errors) {
  const ScalingFit fit =
      fit_scaling(Points{{1, 100}, {1, 100.5}, {1, 99.5}, {2, 260}, {2, 261}, {2, 259}, {4, 420}, {4, 421}, {4, 419}});
  for (const LawFit& law : fit.laws) {
    if (!law.fitted) continue;
    EXPECT_LE(law.gamma.low, law.coefficients.gamma) << static_cast<int>(law.law);
    EXPECT_GE(law.gamma.high, law.coefficients.gamma) << static_cast<int>(law.law);
    EXPECT_GE(law.beta.high, law.coefficients.beta) << static_cast<int>(law.law);
  }
}

TEST(ScalingLaws, leave_out_counts_beyond_the_allowed_cpus_but_show_them) {
  Points points = exact(Law::amdahl, {.gamma = 100, .alpha = 0.1}, {1, 2, 3, 4});
  for (const double n : {8.0, 16.0}) points.push_back({n, 310, true});
  const ScalingFit fit = fit_scaling(points);
  EXPECT_NEAR(fit.find(Law::amdahl)->coefficients.alpha, 0.1, 1e-6);
  ASSERT_EQ(fit.rows.size(), 6U);
  EXPECT_TRUE(fit.rows.back().beyond_cpus);
  EXPECT_GT(fit.rows.back().predicted_per_s.value(), 310);
  EXPECT_EQ(fit.sentences.back(), "left out of the fit, more workers than allowed CPUs: 8, 16");
}

TEST(ScalingLaws, say_karp_flatt_and_no_law_for_two_worker_counts) {
  const ScalingFit fit = fit_scaling(Points{{1, 100}, {1, 102}, {2, 190}, {2, 192}});
  EXPECT_FALSE(fit.chosen.has_value());
  EXPECT_NEAR(fit.rows[1].karp_flatt.value(), karp_flatt(191.0 / 101.0, 2), 1e-12);
  EXPECT_TRUE(fit.rows[1].karp_flatt_interval.contains(*fit.rows[1].karp_flatt));
  EXPECT_TRUE(matches(fit.sentences.front(),
                      "not identifiable: two worker counts; no law was fitted, Karp-Flatt e\\(2\\) = 5\\..*"));
}

TEST(ScalingLaws, tell_two_worker_counts_from_more) {
  const auto two = only_karp_flatt(fit_scaling(Points{{1, 100}, {1, 102}, {2, 190}, {2, 192}}));
  ASSERT_TRUE(two.has_value());
  EXPECT_EQ(two->n, 2);
  EXPECT_TRUE(matches(two->text, "5\\.. % \\[.*\\]"));
  EXPECT_FALSE(only_karp_flatt(fit_scaling(Points{{1, 100}, {1, 102}, {2, 190}, {2, 192}, {4, 330}, {4, 335}})));
  EXPECT_FALSE(only_karp_flatt(fit_scaling(Points{{2, 190}, {2, 192}})));
}

TEST(ScalingLaws, know_karp_and_flatts_fraction) {
  EXPECT_DOUBLE_EQ(karp_flatt(8, 8), 0);
  EXPECT_DOUBLE_EQ(karp_flatt(1, 8), 1);
  EXPECT_NEAR(karp_flatt(throughput_at(Law::amdahl, {.gamma = 1, .alpha = 0.07}, 16), 16), 0.07, 1e-12);
}

TEST(ScalingLaws, say_the_serial_fraction_with_its_interval_and_limit) {
  Random random(6);
  const ScalingFit fit =
      fit_scaling(simulated(Law::amdahl, {.gamma = 1000, .alpha = 0.031}, powers_of_two, 5, 0.02, random));
  EXPECT_TRUE(matches(fit.sentences.front(),
                      "Amdahl holds to within [1-3] %, serial fraction [23]\\.[0-9] % \\[[23]\\.[0-9], "
                      "[34]\\.[0-9]\\], limit 3[0-9]x"));
}

TEST(ScalingLaws, say_an_upper_bound_where_the_interval_holds_0) {
  Random random(7);
  const ScalingFit fit =
      fit_scaling(simulated(Law::amdahl, {.gamma = 1000, .alpha = 0}, {1, 2, 4, 8}, 3, 0.02, random));
  EXPECT_EQ(fit.find(Law::amdahl)->alpha.low, 0);
  EXPECT_TRUE(matches(fit.sentences.front(),
                      "Amdahl holds to within [1-4] %, serial fraction below [0-9.]+ %, limit above [0-9]+x"));
}

TEST(ScalingLaws, say_where_coherency_costs_more_than_a_worker_brings) {
  Random random(8);
  const Coefficients truth{.gamma = 1000, .alpha = 0.02, .beta = 0.005};
  const ScalingFit fit = fit_scaling(simulated(Law::usl, truth, powers_of_two, 5, 0.01, random));
  EXPECT_TRUE(matches(fit.sentences.front(), "coherency cost: peak at 14 workers \\[1.*; USL holds to within [1-3] %"));
}

TEST(ScalingLaws, say_that_noise_leaves_nothing_to_identify) {
  Random random(9);
  const ScalingFit fit = fit_scaling(simulated(Law::amdahl, {.gamma = 1000, .alpha = 0.3}, {1, 2, 3}, 2, 0.4, random));
  EXPECT_TRUE(matches(fit.sentences.front(), ".*not identifiable.*"));
}

TEST(ScalingLaws, choose_gustafson_only_where_the_work_grows_with_the_workers) {
  Random random(10);
  const Points points = simulated(Law::gustafson, {.gamma = 100, .alpha = 0.25}, powers_of_two, 3, 0.01, random);
  EXPECT_NE(fit_scaling(points).chosen, Law::gustafson);
  const ScalingFit fit = fit_scaling(points, {.fixed_time = true});
  EXPECT_EQ(fit.chosen, Law::gustafson);
  EXPECT_TRUE(fit.find(Law::gustafson)->alpha.contains(0.25));
  EXPECT_TRUE(matches(fit.sentences.front(), "Gustafson holds to within [1-3] %, scaled serial fraction.*"));
}

TEST(ScalingLaws, call_tasks_in_flight_littles_law_and_never_amdahls) {
  Random random(11);
  const ScalingOptions in_flight{.axis = ScalingAxis::tasks_in_flight};
  Points points = simulated(Law::little, {.gamma = 200}, {1, 8, 64}, 3, 0.005, random);
  const ScalingFit waiting = fit_scaling(points, in_flight);
  EXPECT_EQ(waiting.find(Law::amdahl), nullptr);
  EXPECT_EQ(waiting.chosen, Law::little);
  EXPECT_TRUE(matches(waiting.sentences.front(), "Little's law holds to within 1 %: X = C / 5\\.0.*"));
  EXPECT_NEAR(waiting.rows.back().of_bound.value(), 1, 0.02);

  for (const double n : {512.0, 4096.0}) {
    for (int k = 0; k < 3; ++k) points.push_back({n, 45000 * (1 + 0.005 * random.normal())});
  }
  const ScalingFit saturated = fit_scaling(points, in_flight);
  EXPECT_EQ(saturated.chosen, Law::saturation);
  EXPECT_NEAR(saturated.find(Law::saturation)->coefficients.capacity / 45000, 1, 0.01);
  EXPECT_TRUE(matches(saturated.sentences.front(), ".*Little's law bounds throughput, X <= C / 5\\.0.*"));
}

TEST(ScalingLaws, take_the_residence_time_that_is_known) {
  const ScalingFit fit = fit_scaling(exact(Law::little, {.gamma = 100}, {1, 8, 64}),
                                     {.axis = ScalingAxis::tasks_in_flight, .residence_s = 0.005});
  EXPECT_NEAR(fit.rows.front().of_bound.value(), 0.5, 1e-9);
}

TEST(ScalingLaws, draw_each_law_with_a_band_that_holds_its_curve) {
  const ScalingFit fit = fit_scaling(cisco());
  const LawFit& usl = *fit.find(Law::usl);
  ASSERT_GT(usl.curve.size(), 10U);
  EXPECT_EQ(usl.curve.front().n, 1);
  EXPECT_NEAR(usl.curve.back().n, 32, 1e-9);
  for (const CurvePoint& point : usl.curve) {
    EXPECT_TRUE(point.band.contains(point.throughput_per_s)) << point.n;
    EXPECT_LT(point.band.high - point.band.low, 0.2 * point.throughput_per_s);
  }
}

TEST(ScalingLaws, survive_points_that_no_law_can_follow) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Points> odd{{},
                                {{1, 100}},
                                {{1, 0}, {2, 0}, {4, 0}},
                                {{1, 0}, {2, 10}, {4, 30}},
                                {{1, std::nan("")}, {2, 20}, {4, infinity}, {-3, 4}, {0, 5}},
                                {{1, 100}, {2, 50}, {4, 25}, {8, 12}},       // slower with every worker
                                {{1, 100}, {2, 400}, {4, 1600}, {8, 6400}},  // faster than the workers
                                {{1000, 1e-9}, {2000, 2e-9}, {4000, 3e-9}},
                                {{1, 5}, {1, 5}, {2, 5}, {2, 5}, {4, 5}, {4, 5}}};
  for (const Points& points : odd) {
    for (const ScalingAxis axis : {ScalingAxis::workers, ScalingAxis::tasks_in_flight}) {
      const ScalingFit fit = fit_scaling(points, {.axis = axis, .resamples = 50});
      EXPECT_FALSE(fit.sentences.empty());
      for (const LawFit& law : fit.laws) {
        EXPECT_TRUE(std::isfinite(law.coefficients.gamma));
        EXPECT_GE(law.coefficients.alpha, 0);
        EXPECT_LE(law.coefficients.alpha, 1);
        EXPECT_GE(law.coefficients.beta, 0);
      }
    }
  }
}

}  // namespace
}  // namespace cbench
