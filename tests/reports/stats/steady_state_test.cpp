// Drift in series that have a planted one, or none.
#include "reports/stats/steady_state.hpp"
#include "reports/findings/completion.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

// Throughput per slice: noise of 2 % in which each slice remembers a share of the one before, and a trend.
std::vector<double> series(Random& random, std::size_t slices, double trend, double memory = 0) {
  std::vector<double> values;
  double error = random.normal();
  for (std::size_t i = 0; i < slices; ++i) {
    error = memory * error + std::sqrt(1 - memory * memory) * random.normal();
    const double position = static_cast<double>(i) / static_cast<double>(slices - 1);
    values.push_back(1000 * (1 + 0.02 * error + trend * (position - 0.5)));
  }
  return values;
}

TEST(SteadyState, is_denied_to_a_throughput_that_falls_or_rises) {
  Random random(1);
  const Drift falling = drift_of(series(random, 20, -0.2));
  EXPECT_TRUE(falling.drifts);
  EXPECT_NEAR(falling.relative_change, -0.2, 0.05);
  EXPECT_EQ(falling.sentence.substr(0, 40), "no steady state: throughput falls by 20 ");
  EXPECT_TRUE(drift_of(series(random, 20, 0.2)).drifts);
}

TEST(SteadyState, is_denied_to_what_fades_or_steps_too) {
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    std::vector<double> fading = series(random, 20, 0);
    std::vector<double> stepping = series(random, 20, 0);
    for (std::size_t at = 0; at < fading.size(); ++at) fading[at] *= 1 + std::exp(-0.3 * static_cast<double>(at));
    for (std::size_t at = 0; at < 7; ++at) stepping[at] *= 1.5;
    EXPECT_TRUE(drift_of(fading).drifts) << i;
    EXPECT_TRUE(drift_of(stepping).drifts) << i;
  }
}

TEST(SteadyState, is_denied_to_a_fall_with_a_dent_in_it) {
  EXPECT_TRUE(drift_of(std::vector<double>{525, 465, 425, 394, 367, 344, 325, 308, 297, 287, 276, 218, 223, 244, 240,
                                           230, 226, 222, 220})
                  .drifts);
}

TEST(SteadyState, is_rarely_denied_to_noise_even_where_slices_depend_on_each_other) {
  Random random(2);
  for (const double memory : {0.0, 0.3, 0.6}) {
    int wrong = 0;
    for (int i = 0; i < 400; ++i) wrong += drift_of(series(random, 20, 0, memory), {.least_change = 0}).drifts;
    EXPECT_LE(wrong, 400 * 0.05) << memory;
  }
}

TEST(SteadyState, is_granted_to_a_drift_too_small_to_matter) {
  Random random(3);
  std::vector<double> slow = series(random, 200, 0.02);
  const Drift drift = drift_of(slow);
  EXPECT_LT(drift.p, 0.01) << "it is there";
  EXPECT_FALSE(drift.drifts) << "but does not matter";
  EXPECT_TRUE(drift.sentence.empty());
  EXPECT_TRUE(drift_of(slow, {.least_change = 0.01}).drifts);
}

TEST(SteadyState, is_not_denied_because_of_one_slice) {
  std::vector<double> values(20, 1000);
  values[7] = 100;
  EXPECT_FALSE(drift_of(values).drifts);
}

TEST(SteadyState, is_not_judged_from_a_handful_of_slices_or_from_nothing) {
  EXPECT_FALSE(drift_of({}).drifts);
  EXPECT_FALSE(drift_of(std::vector<double>{1, 2, 3, 4, 5, 6, 7}).drifts);
  EXPECT_FALSE(drift_of(std::vector<double>(50, 0.0)).drifts);
  EXPECT_FALSE(drift_of(std::vector<double>(50, 3.0)).drifts);
}

TEST(SteadyState, is_noted_on_a_record_with_a_warning_where_it_is_denied) {
  Random random(4);
  TrialRecord record;
  record.status = Status::ok;
  record.series_per_s = series(random, 20, -0.2);
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, false);
  ASSERT_EQ(record.warnings.size(), 1U);
  EXPECT_TRUE(warns_of_drift(record.warnings.front())) << record.warnings.front();

  record.warnings.clear();
  record.series_per_s = series(random, 20, 0);
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, true);
  EXPECT_TRUE(record.warnings.empty());
}

TEST(SteadyState, is_left_open_where_nothing_tells) {
  TrialRecord record;
  record.status = Status::ok;
  record.series_per_s = {3, 2, 1};
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, std::nullopt);
  record.series_per_s = std::vector<double>{9, 8, 7, 6, 5, 4, 3, 2, 1};
  record.status = Status::failed;
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, std::nullopt) << "of a trial that failed";
}

}  // namespace
}  // namespace cbench
