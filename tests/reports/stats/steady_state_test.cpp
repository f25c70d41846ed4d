// Series of slices with a planted drift, step, stall or nothing, and what is said of them.
#include "reports/stats/steady_state.hpp"
#include "reports/findings/cells/completion.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Series = std::vector<double>;
using Course = std::function<double(double)>;  // throughput at each part of the window, 0 to 1

double level(double) { return 1000; }
Course falling(double by) {
  return [=](double at) { return 1000 * (1 - by * at); };
}
Course stepping(double by, double where = 0.5) {
  return [=](double at) { return at < where ? 1000 : 1000 * (1 - by); };
}
Course lower_for_a_while(double by, double from, double until) {
  return [=](double at) { return at > from && at < until ? 1000 * (1 - by) : 1000; };
}

// Slices of that course, in noise that remembers a share of itself from slice to slice.
Series series(Random& random, const Course& course, std::size_t slices = 20, double noise = 0.02, double memory = 0) {
  Series values;
  double error = random.normal();
  for (std::size_t i = 0; i < slices; ++i) {
    if (i > 0) error = memory * error + std::sqrt(1 - memory * memory) * random.normal();
    const double at = (static_cast<double>(i) + 0.5) / static_cast<double>(slices);
    values.push_back(std::max(0.0, course(at) * (1 + noise * error)));
  }
  return values;
}

bool is_unsteady(const Series& values) { return steady_state_of(values).steady == false; }

// In how many of a hundred series it is marked.
double marked(const Course& course, std::size_t slices, double noise, double memory,
              const SteadyStateOptions& options = {}, int sets = 2000) {
  Random random(1);
  int count = 0;
  for (int i = 0; i < sets; ++i) {
    count += steady_state_of(series(random, course, slices, noise, memory), options).steady == false;
  }
  return 100.0 * count / sets;
}

TEST(SteadyState, is_denied_to_a_throughput_that_falls_or_rises) {
  Random random(1);
  const SteadyState state = steady_state_of(series(random, falling(0.2)));
  EXPECT_EQ(state.steady, false);
  EXPECT_EQ(state.change, LevelChange::drift);
  EXPECT_NEAR(state.relative_change, -0.2, 0.04);
  EXPECT_TRUE(begins(state.sentence, "no steady state: throughput falls by ")) << state.sentence;
  EXPECT_TRUE(has(state.sentence, "% over the window"));
  const SteadyState rising = steady_state_of(series(random, falling(-0.2)));
  EXPECT_TRUE(begins(rising.sentence, "no steady state: throughput rises by ")) << rising.sentence;
}

TEST(SteadyState, is_denied_to_what_fades_or_steps_too) {
  Random random(5);
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(is_unsteady(series(random, [](double at) { return 1000 * (1 + std::exp(-6 * at)); }))) << i;
    EXPECT_TRUE(is_unsteady(series(random, stepping(0.33, 0.35)))) << i;
    EXPECT_TRUE(is_unsteady(series(random, stepping(-0.5, 0.7)))) << i;
  }
}

TEST(SteadyState, is_denied_to_a_fall_with_a_dent_in_it) {
  EXPECT_TRUE(
      is_unsteady({525, 465, 425, 394, 367, 344, 325, 308, 297, 287, 276, 218, 223, 244, 240, 230, 226, 222, 220}));
}

TEST(SteadyState, is_denied_to_a_stall_wherever_it_lies) {
  Random random(6);
  for (const auto& [from, until] : {std::pair{0.25, 0.75}, {0.0, 0.5}, {0.5, 1.0}, {0.4, 0.5}, {0.0, 0.15}}) {
    for (const double memory : {0.0, 0.6}) {
      const SteadyState state = steady_state_of(series(random, lower_for_a_while(1, from, until), 20, 0.05, memory));
      EXPECT_EQ(state.change, LevelChange::stall) << from;
      EXPECT_EQ(state.steady, false);
      EXPECT_NEAR(state.relative_change, from - until, 0.01);
      EXPECT_NEAR(state.from, from, 0.01);
      EXPECT_NEAR(state.until, until, 0.01);
    }
  }
  EXPECT_EQ(steady_state_of(series(random, lower_for_a_while(1, 0.25, 0.75))).sentence,
            "no steady state: throughput stalls from 25 % to 75 % of the window, 50 % of its tasks are lost");
  Series twice = series(random, level);
  twice[4] = twice[13] = 0;
  EXPECT_TRUE(is_unsteady(twice)) << "two stalls of a slice take a tenth of the tasks";
}

TEST(SteadyState, is_denied_to_a_level_that_is_left_and_taken_again) {
  Random random(7);
  for (int i = 0; i < 20; ++i) {
    const SteadyState state = steady_state_of(series(random, lower_for_a_while(0.3, 0.25, 0.75)));
    EXPECT_EQ(state.change, LevelChange::passing);
    EXPECT_TRUE(begins(state.sentence, "no steady state: throughput falls by ")) << state.sentence;
  }
}

TEST(SteadyState, tells_the_size_of_a_change_to_within_15_percent) {
  for (const double by : {0.2, 0.4, -0.3}) {
    for (const double where : {0.3, 0.5, 0.7}) {
      Random random(8);
      Series sizes;
      for (int i = 0; i < 200; ++i) {
        const SteadyState state = steady_state_of(series(random, stepping(by, where)));
        if (state.steady == false) sizes.push_back(state.relative_change);
      }
      ASSERT_GT(sizes.size(), 180U) << by << ' ' << where;
      EXPECT_NEAR(median_of(sizes) / -by, 1, 0.05) << by << ' ' << where;
      EXPECT_NEAR(quantile_of(sizes, 0.1) / -by, 1, 0.15) << by << ' ' << where;
      EXPECT_NEAR(quantile_of(sizes, 0.9) / -by, 1, 0.15) << by << ' ' << where;
    }
  }
}

// One of a hundred is what the header promises up to a memory of 0.6, in noise of any size.
TEST(SteadyState, is_denied_to_noise_once_in_a_hundred_series_even_where_slices_remember) {
  for (const std::size_t slices : {8U, 14U, 20U, 40U}) {
    for (const double memory : {0.0, 0.3, 0.6}) {
      EXPECT_LE(marked(level, slices, 0.1, memory, {.least_change = 0}), 1.6) << slices << " slices, memory " << memory;
    }
  }
  EXPECT_LE(marked(level, 20, 0.1, 0.6), 1.6) << "with the defaults";
}

TEST(SteadyState, is_not_so_rarely_denied_that_nothing_would_be_found) {
  EXPECT_GE(marked(falling(0.2), 20, 0.02, 0, {}, 200), 95);
  EXPECT_GE(marked(stepping(0.15), 20, 0.02, 0, {}, 200), 95);
  EXPECT_GE(marked(stepping(0.15), 20, 0.02, 0.6, {}, 200), 95);
  EXPECT_GE(marked(lower_for_a_while(0.2, 0.25, 0.75), 20, 0.02, 0, {}, 200), 95);
}

TEST(SteadyState, is_said_only_where_a_change_of_a_tenth_can_be_ruled_out) {
  const auto granted = [](const Course& course, double noise, double memory) {
    Random random(9);
    int count = 0;
    for (int i = 0; i < 400; ++i) count += steady_state_of(series(random, course, 20, noise, memory)).steady == true;
    return count / 400.0;
  };
  EXPECT_GT(granted(level, 0.01, 0), 0.95);
  EXPECT_GT(granted(level, 0.02, 0), 0.9);
  EXPECT_LT(granted(level, 0.1, 0), 0.05) << "noise of 10 % hides anything";
  for (const double noise : {0.01, 0.02, 0.04}) {
    for (const double memory : {0.0, 0.3, 0.6}) {
      EXPECT_LE(granted(falling(0.1), noise, memory), 0.08) << noise << ' ' << memory;
      EXPECT_LE(granted(stepping(0.1), noise, memory), 0.08) << noise << ' ' << memory;
      EXPECT_LE(granted(lower_for_a_while(0.1, 0.25, 0.75), noise, memory), 0.08) << noise << ' ' << memory;
    }
  }
}

TEST(SteadyState, is_granted_to_a_drift_too_small_to_matter) {
  Random random(3);
  const Series slow = series(random, falling(0.02), 200, 0.005);
  EXPECT_EQ(steady_state_of(slow).steady, true);
  EXPECT_TRUE(steady_state_of(slow).sentence.empty());
  EXPECT_EQ(steady_state_of(slow, {.least_change = 0.01}).steady, false) << "it is there";
}

TEST(SteadyState, is_not_denied_because_of_one_slice) {
  Series values(20, 1000);
  values[7] = 100;
  EXPECT_EQ(steady_state_of(values).steady, true);
  Random random(10);
  for (int i = 0; i < 50; ++i) {
    values = series(random, level);
    values[random.index(values.size())] *= i % 2 == 0 ? 0.3 : 2;
    EXPECT_NE(steady_state_of(values).steady, false) << i;
    values = series(random, level, 20, 0.005);
    values[random.index(values.size())] *= 0.3;
    EXPECT_EQ(steady_state_of(values).steady, true) << i;
  }
}

TEST(SteadyState, does_not_take_what_fades_to_nothing_for_a_stall) {
  Random random(11);
  const SteadyState state = steady_state_of(series(random, [](double at) { return 1000 * std::exp(-6 * at); }));
  EXPECT_EQ(state.steady, false);
  EXPECT_NE(state.change, LevelChange::stall);
  EXPECT_TRUE(begins(state.sentence, "no steady state: throughput falls")) << state.sentence;
}

TEST(SteadyState, does_not_take_waves_for_stalls) {
  Series waves;
  for (int i = 0; i < 20; ++i) waves.push_back(i % 2 == 0 ? 2000 : 0);  // tasks that all end together
  EXPECT_EQ(steady_state_of(waves).steady, std::nullopt);
}

TEST(SteadyState, is_not_judged_from_a_handful_of_slices_or_from_nothing) {
  EXPECT_EQ(steady_state_of({}).steady, std::nullopt);
  EXPECT_EQ(steady_state_of(Series{1, 2, 3, 4, 5, 6, 7}).steady, std::nullopt);
  EXPECT_EQ(steady_state_of(Series(50, 0.0)).steady, std::nullopt);
  EXPECT_EQ(steady_state_of(Series(50, 3.0)).steady, true);
}

TEST(SteadyState, is_noted_on_a_record_with_a_warning_where_it_is_denied) {
  Random random(4);
  TrialRecord record;
  record.status = Status::ok;
  record.series_per_s = series(random, falling(0.2));
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, false);
  ASSERT_EQ(record.warnings.size(), 1U);
  EXPECT_TRUE(warns_of_no_steady_state(record.warnings.front())) << record.warnings.front();

  record.warnings.clear();
  record.series_per_s = series(random, level);
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, true);
  EXPECT_TRUE(record.warnings.empty());

  record.series_per_s = series(random, level, 20, 0.2);
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, std::nullopt) << "noise of 20 % tells nothing";
  EXPECT_TRUE(record.warnings.empty());
}

TEST(SteadyState, is_left_open_where_nothing_tells) {
  TrialRecord record;
  record.status = Status::ok;
  record.series_per_s = {3, 2, 1};
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, std::nullopt);
  record.series_per_s = Series{9, 8, 7, 6, 5, 4, 3, 2, 1};
  record.status = Status::failed;
  note_steady_state(record);
  EXPECT_EQ(record.steady_state, std::nullopt) << "of a trial that failed";
}

}  // namespace
}  // namespace cbench
