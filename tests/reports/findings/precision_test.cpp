// When repeating ends, what is said of the cells that did not get there, and what such intervals are worth.
#include "reports/findings/precision.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

Cell cell_with(const std::vector<double>& throughputs_per_s) {
  Cell cell;
  cell.spec.model = "fibers";
  cell.spec.workers = 2;
  cell.spec.load.concurrency = 1000;
  cell.throughputs_per_s = throughputs_per_s;
  cell.throughput = estimate(throughputs_per_s);
  return cell;
}

std::string shortfalls_of(const Cell& cell, const PrecisionGoal& goal) {
  Block block{.cells = {cell}, .laws = {}, .shortfalls = {}};
  add_shortfalls(block, goal);
  return block.shortfalls.empty() ? "" : block.shortfalls.front();
}

TEST(Precision, is_reached_where_the_interval_is_narrow_enough) {
  const PrecisionGoal goal{.relative = 0.02};
  EXPECT_EQ(precision_of(cell_with({100, 101, 99, 100, 100}), goal), Precision::reached);
  EXPECT_EQ(precision_of(cell_with({100, 110, 90, 100, 100}), goal), Precision::undecided);
  EXPECT_EQ(shortfalls_of(cell_with({100, 101, 99, 100, 100}), goal), "");
}

TEST(Precision, is_not_reached_by_few_repetitions_that_happen_to_agree) {
  EXPECT_EQ(precision_of(cell_with({100, 100}), {.relative = 0.02}), Precision::undecided);
  EXPECT_EQ(precision_of(cell_with({100, 100, 100, 100}), {.relative = 0.02}), Precision::undecided);
  Cell counts = cell_with({});  // 17 tasks in 2 s, five times: one more would be 6 %
  counts.throughput = estimate({8.5, 8.5, 8.5, 8.5, 8.5}, {.resolution = 0.5});
  EXPECT_EQ(precision_of(counts, {.relative = 0.02}), Precision::undecided);
  EXPECT_EQ(precision_of(counts, {.relative = 0.06}), Precision::reached);
}

// One set of independent repetitions in twenty looks as if it drifted.
TEST(Precision, of_repetitions_that_drift_is_reached_where_none_is_farther_off_than_that) {
  const Cell drifting = cell_with({99.0, 99.2, 99.4, 99.6, 99.8, 100.0});
  ASSERT_EQ(drifting.throughput.trust(), Trust::drifting);
  EXPECT_EQ(precision_of(drifting, {.relative = 0.005}), Precision::undecided)
      << "the interval is narrow enough, and the first lies farther off";
  EXPECT_LT(drifting.throughput.relative_half_width(), 0.005);
  EXPECT_EQ(precision_of(drifting, {.relative = 0.01}), Precision::reached);
}

TEST(Precision, cannot_be_told_from_one_repetition) {
  EXPECT_EQ(precision_of(cell_with({}), {.relative = 0.5}), Precision::undecided);
  EXPECT_EQ(precision_of(cell_with({100}), {.relative = 0.5}), Precision::undecided);
}

TEST(Precision, is_given_up_at_the_cap_and_the_cell_is_named) {
  const PrecisionGoal goal{.relative = 0.02, .max_repetitions = 4};
  const Cell wide = cell_with({100, 110, 90, 100});
  EXPECT_EQ(precision_of(wide, goal), Precision::capped);
  EXPECT_TRUE(has(shortfalls_of(wide, goal), "Not known to within ±2% after 4 repetitions"));
  EXPECT_TRUE(has(shortfalls_of(wide, goal), "fibers on 2 workers, 1,000 in flight (±13%)"));
}

TEST(Precision, is_given_up_where_a_repetition_failed) {
  Cell cell = cell_with({100, 110});
  cell.failures.push_back({Status::failed, "killed by signal 11", 2});
  EXPECT_EQ(precision_of(cell, {.relative = 0.02}), Precision::failed);
  EXPECT_TRUE(has(shortfalls_of(cell, {.relative = 0.02}), "since a repetition failed: fibers"));
}

// Whoever stops at the first interval that is narrow enough is wrong more often than 5 times in 100.
TEST(Precision, intervals_at_which_repeating_ends_cover_nearly_as_often_as_others) {
  Random random(1);
  for (const double noise : {0.01, 0.02, 0.04}) {
    constexpr int sets = 1000;
    int covered = 0;
    for (int i = 0; i < sets; ++i) {
      std::vector<double> values;
      Cell cell;
      do {
        values.push_back(1000 * (1 + noise * random.normal()));
        cell = cell_with(values);
      } while (values.size() < fewest_repetitions || precision_of(cell, {.relative = 0.02}) == Precision::undecided);
      covered += cell.throughput.low <= 1000 && 1000 <= cell.throughput.high;
    }
    EXPECT_GE(covered, 0.90 * sets) << noise;
    EXPECT_LE(covered, 0.98 * sets) << noise;
  }
}

}  // namespace
}  // namespace cbench
