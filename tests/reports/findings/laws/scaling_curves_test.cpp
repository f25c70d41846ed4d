// Which cells make a scaling curve, and what is known of its tasks.
#include "reports/findings/laws/scaling_curves.hpp"

#include <gtest/gtest.h>

#include "reports/findings/laws/scaling_series.hpp"
#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

std::vector<TrialRecord> on_workers(std::initializer_list<std::uint32_t> counts) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t workers : counts) append(records, sample_repetitions({.workers = workers}));
  return records;
}

TEST(ScalingCurves, of_an_open_load_there_are_none_since_its_throughput_is_what_was_offered) {
  std::vector<TrialRecord> records = on_workers({1, 2, 4});
  EXPECT_EQ(curves_over(blocks_of(records)[0], ScalingAxis::workers).size(), 1U);
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 50'000;
  }
  const Block block = blocks_of(records)[0];
  EXPECT_TRUE(curves_of(block).empty());
  EXPECT_TRUE(curves_over(block, ScalingAxis::workers).empty());
  EXPECT_TRUE(series_of(block, {}).empty());
  for (const Cell& cell : block.cells) EXPECT_EQ(cell.speedup_over_one_worker, 0) << "nor is it a speedup";
}

TEST(ScalingCurves, a_task_with_branches_takes_as_long_as_its_longest_chain) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t in_flight : {1U, 8U, 64U}) {
    append(records, sample_repetitions({.concurrency = in_flight, .throughput_per_s = 48.0 * in_flight}));
  }
  const auto residence = [&] {
    return curves_over(blocks_of(records)[0], ScalingAxis::tasks_in_flight).at(0).options.residence_s;
  };
  EXPECT_DOUBLE_EQ(residence(), 0.020);
  for (TrialRecord& record : records) {  // ten requests, one after the other on the baseline
    record.demand_wait_us = 200'000;
    record.demand_path_us = 20'000;
  }
  EXPECT_DOUBLE_EQ(residence(), 0.020);
}

}  // namespace
}  // namespace cbench
