// Cells of open loops by rate: what belongs on one curve, what came of each rate, and where the curve bends.
#include "reports/findings/laws/load_curves.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/sample_curve.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

Block block_of(const std::vector<TrialRecord>& records) {
  std::vector<Block> blocks = blocks_of(records);
  EXPECT_EQ(blocks.size(), 1U);
  return std::move(blocks.front());
}

void spoil(std::vector<TrialRecord>& records, double rate_per_s, Status status, std::size_t times) {
  for (TrialRecord& record : records) {
    if (record.spec.load.rate_per_s != rate_per_s || times == 0) continue;
    --times;
    record.status = status;
    record.reason = "as the test has it";
  }
}

TEST(LoadCurves, the_knee_of_a_planted_mm1_lies_about_half_of_its_capacity) {
  const Block block = block_of(sample_curve("pool", 10'000));
  const auto curves = load_curves_of(block);
  ASSERT_EQ(curves.size(), 1U);
  ASSERT_TRUE(curves[0].knee);
  EXPECT_EQ(curves[0].knee->at_per_s, 5000);
  EXPECT_EQ(curves[0].knee->low_per_s, 2500);
  EXPECT_EQ(curves[0].knee->high_per_s, 7500);
  EXPECT_TRUE(has(knee_words(curves[0]), "between 2.50k and 7.50k/s")) << knee_words(curves[0]);
}

TEST(LoadCurves, a_knee_below_all_that_was_measured_is_not_sought_above) {
  const Block block = block_of(sample_curve("pool", 10'000, {1.5, 2, 3}));
  const auto curves = load_curves_of(block);
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(knee_words(curves[0]),
            "no rate was kept up with: the knee lies below 15.0k/s, the lowest that was measured");
}

TEST(LoadCurves, rates_rise_and_each_model_and_number_of_workers_has_a_curve) {
  std::vector<TrialRecord> records = sample_curve("pool");
  std::ranges::reverse(records);
  for (TrialRecord record : sample_curve("fibers", 30'000)) records.push_back(record);
  for (TrialRecord record : sample_curve("fibers", 15'000)) {
    record.spec.workers = 1;
    records.push_back(record);
  }
  const Block block = block_of(records);
  const auto curves = load_curves_of(block);
  EXPECT_EQ(curves.size(), 3U);
  for (const LoadCurve& curve : curves) {
    EXPECT_EQ(curve.cells.size(), 7U) << curve.label();
    EXPECT_TRUE(std::ranges::is_sorted(curve.cells, {}, [](const Cell* cell) { return cell->spec.load.rate_per_s; }));
  }
}

TEST(LoadCurves, slots_and_windows_that_follow_from_the_rate_do_not_split_a_curve) {
  std::vector<TrialRecord> records = sample_curve();
  for (TrialRecord& record : records) {
    if (record.spec.load.rate_per_s < 5000) record.spec.load.duration = std::chrono::seconds(9);
    if (record.spec.load.rate_per_s > 9000) record.spec.load.concurrency = 5000;
  }
  const Block block = block_of(records);
  EXPECT_EQ(load_curves_of(block).size(), 1U);
}

TEST(LoadCurves, two_rates_are_no_curve_and_neither_is_a_closed_loop) {
  EXPECT_TRUE(load_curves_of(block_of(sample_curve("pool", 1000, {0.1, 0.9}))).empty());
  std::vector<TrialRecord> closed;
  for (const std::uint32_t concurrency : {10U, 100U, 1000U})
    closed.push_back(sample_record({.concurrency = concurrency}));
  EXPECT_TRUE(load_curves_of(block_of(closed)).empty());
}

TEST(LoadCurves, a_rate_of_which_nothing_is_known_is_a_gap_and_its_neighbours_are_neighbours) {
  std::vector<TrialRecord> records = sample_curve();
  spoil(records, 7500, Status::invalid, 3);
  const Block block = block_of(records);
  const auto curves = load_curves_of(block);
  ASSERT_EQ(curves.size(), 1U);
  ASSERT_EQ(curves[0].cells.size(), 7U);
  EXPECT_EQ(verdict_of(*curves[0].cells[3]), LoadVerdict::invalid);
  ASSERT_TRUE(curves[0].knee);
  EXPECT_EQ(curves[0].knee->high_per_s, 9000);
}

TEST(LoadCurves, without_a_rate_above_there_is_no_knee_and_the_words_say_so) {
  const Block block = block_of(sample_curve("pool", 10'000, {0.1, 0.2, 0.3}));
  const auto curves = load_curves_of(block);
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_FALSE(curves[0].knee);
  EXPECT_TRUE(has(knee_words(curves[0]), "no knee is to be seen")) << knee_words(curves[0]);
  EXPECT_TRUE(has(knee_words(curves[0]), "3.00k/s"));
}

TEST(LoadCurves, verdicts_say_of_how_many_repetitions_they_are) {
  const auto words = [](Status status, std::size_t times, double share = 0.5) {
    std::vector<TrialRecord> records = sample_curve("pool", 1000, {share});
    spoil(records, share * 1000, status, times);
    return verdict_words(block_of(records).cells.front());
  };
  EXPECT_EQ(words(Status::ok, 3), "ok");
  EXPECT_EQ(words(Status::invalid, 1), "ok 2/3");
  EXPECT_EQ(words(Status::invalid, 3), "invalid");
  EXPECT_EQ(words(Status::failed, 3), "failed");
  EXPECT_EQ(words(Status::overloaded, 1), "overloaded 1/3");
  EXPECT_EQ(words(Status::overloaded, 3), "overloaded");
  EXPECT_EQ(words(Status::invalid, 1, 1.05), "overloaded 2/3");
}

}  // namespace
}  // namespace cbench
