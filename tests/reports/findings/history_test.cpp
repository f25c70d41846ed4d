// Runs of a cell told apart by what was measured again.
#include "reports/findings/history.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

std::vector<TrialRecord> run_on(const std::string& day, double throughput_per_s) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = throughput_per_s});
  for (TrialRecord& record : records) record.started_at = day + "T09:30:00Z";
  return records;
}

std::vector<CellHistory> histories(const std::vector<TrialRecord>& records, std::vector<Block>& blocks) {
  blocks = blocks_of(records);
  return histories_of(blocks.front(), Trials(records));
}

TEST(history, has_a_point_for_each_run_in_the_order_of_time) {
  std::vector<TrialRecord> records = run_on("2026-11-22", 45'000);
  append(records, run_on("2026-11-20", 49'000));
  append(records, run_on("2026-11-21", 48'000));
  std::vector<Block> blocks;
  const std::vector<CellHistory> found = histories(records, blocks);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].runs.size(), 3U);
  EXPECT_EQ(found[0].runs[0].started_at, "2026-11-20T09:30:00Z");
  EXPECT_EQ(found[0].runs[2].started_at, "2026-11-22T09:30:00Z");
  EXPECT_NEAR(found[0].runs[0].throughput.mean, 49'000, 1);
  EXPECT_NEAR(found[0].runs[2].throughput.mean, 45'000, 1);
  for (const RunOfCell& run : found[0].runs) {
    EXPECT_EQ(run.values.size(), 3U);
    EXPECT_LT(run.throughput.low, run.throughput.mean);
    EXPECT_GT(run.throughput.high, run.throughput.mean);
  }
}

TEST(history, is_none_of_one_run_whatever_days_it_took) {
  std::vector<TrialRecord> records = sample_repetitions({});
  records[0].started_at = "2026-11-20T23:59:00Z";
  records[1].started_at = "2026-11-21T00:01:00Z";
  records[2].started_at = "2026-11-21T00:02:00Z";
  std::vector<Block> blocks;
  EXPECT_TRUE(histories(records, blocks).empty());
}

TEST(history, leaves_out_what_failed_and_what_has_no_date) {
  std::vector<TrialRecord> records = run_on("2026-11-20", 49'000);
  std::vector<TrialRecord> failed = run_on("2026-11-21", 49'000);
  for (TrialRecord& record : failed) record.status = Status::failed;
  append(records, failed);
  std::vector<TrialRecord> undated = run_on("2026-11-22", 49'000);
  for (TrialRecord& record : undated) record.started_at.clear();
  append(records, undated);
  std::vector<Block> blocks;
  EXPECT_TRUE(histories(records, blocks).empty());
}

}  // namespace
}  // namespace cbench
