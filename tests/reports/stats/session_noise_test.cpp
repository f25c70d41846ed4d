// The noise floor: what two sessions of the same cell differ by, against sessions whose drift was planted.
#include "reports/stats/session_noise.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

using Values = std::vector<double>;

Values session(Random& random, std::size_t repetitions, double drift, double noise) {
  const double level = 1000 * std::exp(drift * random.normal());
  Values values;
  for (std::size_t i = 0; i < repetitions; ++i) values.push_back(level * std::exp(noise * random.normal()));
  return values;
}

std::vector<Values> sessions_of(Random& random, std::size_t count, double drift, double noise) {
  std::vector<Values> sessions;
  for (std::size_t i = 0; i < count; ++i) sessions.push_back(session(random, 3, drift, noise));
  return sessions;
}

double geometric_mean(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

TEST(SessionNoise, tells_the_drift_from_the_scatter_within) {
  // By hand: logarithms 0, 2 | 10, 12 | 20, 22: within 2 a session, means 1, 11, 21, so 2 x 100 between.
  std::vector<Values> sessions;
  for (const double level : {0.0, 10.0, 20.0}) sessions.push_back({std::exp(level), std::exp(level + 2)});
  const SessionNoise noise = session_noise_of(sessions).value();
  EXPECT_NEAR(noise.within.variance, 2, 1e-9);
  EXPECT_EQ(noise.within.freedom, 3);
  EXPECT_NEAR(noise.between.variance, 200, 1e-9);
  EXPECT_EQ(noise.between.freedom, 2);
  EXPECT_NEAR(noise.repetitions, 2, 1e-9);
  EXPECT_NEAR(noise.drift_deviation(), std::sqrt((200 - 2) / 2.0), 1e-9);
}

TEST(SessionNoise, is_not_known_from_two_sessions_or_without_repetitions) {
  EXPECT_FALSE(session_noise_of(std::vector<Values>{{1, 2}, {1, 2}}).has_value());
  EXPECT_FALSE(session_noise_of(std::vector<Values>{{1}, {2}, {3}}).has_value());
  EXPECT_FALSE(session_noise_of(std::vector<Values>{{1, 2}, {0, 1}, {2, 3}}).has_value()) << "0 is what is not known";
  EXPECT_TRUE(session_noise_of(std::vector<Values>{{1, 2}, {1, 1}, {2, 3}}).has_value());
}

// 95 % of differences between two later sessions stay below it, whatever the drift and the repetitions.
TEST(SessionNoise, holds_19_of_20_differences_between_later_sessions) {
  for (const double drift : {0.0, 0.01, 0.03}) {
    for (const std::size_t repetitions : {3U, 10U}) {
      Random random(1);
      constexpr int floors = 500;
      int below = 0;
      for (int i = 0; i < floors; ++i) {
        const SessionNoise noise = session_noise_of(sessions_of(random, 6, drift, 0.02)).value();
        const double a = geometric_mean(session(random, repetitions, drift, 0.02));
        const double b = geometric_mean(session(random, repetitions, drift, 0.02));
        const double seen = std::max(a, b) / std::min(a, b) - 1;
        below += seen <= noise.largest_difference(repetitions, repetitions);
      }
      EXPECT_GE(below, 0.92 * floors) << drift << " x " << repetitions;
      EXPECT_LE(below, 0.99 * floors) << drift << " x " << repetitions;
    }
  }
}

TEST(SessionNoise, more_repetitions_help_against_scatter_and_not_against_drift) {
  Random random(2);
  const SessionNoise scatter{.within = {0.0009, 80}, .between = {0.0009, 39}, .repetitions = 3};
  EXPECT_LT(scatter.largest_difference(30, 30), 0.6 * scatter.largest_difference(3, 3));
  const SessionNoise drift = session_noise_of(sessions_of(random, 40, 0.05, 0.005)).value();
  EXPECT_GT(drift.largest_difference(30, 30), 0.9 * drift.largest_difference(3, 3));
}

}  // namespace
}  // namespace cbench
