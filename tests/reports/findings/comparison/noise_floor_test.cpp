// The noise floor of cells, gathered session by session.
#include "reports/findings/comparison/noise_floor.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> all{metric_named("throughput"), metric_named("p99")};
  return all;
}

// Sessions of one cell whose levels are these.
void add_sessions(NoiseFloor& floor, const Sample& sample, const std::vector<double>& levels) {
  int hour = 0;
  for (const double level : levels) {
    Sample one = sample;
    one.throughput_per_s *= level;
    std::vector<TrialRecord> records = sample_repetitions(one);
    for (TrialRecord& record : records) record.started_at = "2024-05-17T0" + std::to_string(hour) + ":30:00Z";
    ++hour;
    add_session(floor, records, metrics());
  }
}

double size_of(const NoiseFloor& floor, const TrialSpec& spec) {
  return floor.of(spec, metrics().front()).value().largest_difference(3, 3);
}

TEST(NoiseFloor, knows_what_sessions_differ_by) {
  NoiseFloor quiet;
  add_sessions(quiet, {}, {1, 1.001, 0.999, 1});
  NoiseFloor drifting;
  add_sessions(drifting, {}, {1, 1.1, 0.9, 1.05});
  const TrialSpec spec = sample_record().spec;
  EXPECT_LT(size_of(quiet, spec), 0.02);
  EXPECT_GT(size_of(drifting, spec), 0.15);
  EXPECT_EQ(drifting.sessions(), 4U);
  EXPECT_EQ(drifting.first_session(), "2024-05-17T00:30:00Z");
  EXPECT_EQ(drifting.last_session(), "2024-05-17T03:30:00Z");
}

TEST(NoiseFloor, is_not_known_from_two_sessions) {
  NoiseFloor floor;
  add_sessions(floor, {}, {1, 1.1});
  EXPECT_FALSE(floor.of(sample_record().spec, metrics().front()).has_value());
  EXPECT_FALSE(NoiseFloor{}.of(sample_record().spec, metrics().front()).has_value());
  EXPECT_EQ(NoiseFloor{}.first_session(), "");
}

TEST(NoiseFloor, of_another_window_is_another_one) {
  NoiseFloor floor;
  add_sessions(floor, {}, {1, 1.001, 0.999});
  NoiseFloor of_short_windows;
  add_sessions(of_short_windows, {}, {1, 1.3, 0.8});
  for (NoiseFloorEntry& entry : of_short_windows.entries) {
    entry.window_s = 0.4;
    floor.entries.push_back(entry);
  }
  TrialSpec spec = sample_record().spec;
  EXPECT_LT(size_of(floor, spec), 0.02);
  spec.load.duration = std::chrono::milliseconds(400);
  EXPECT_GT(size_of(floor, spec), 0.3);
  spec.model = "pool";
  EXPECT_GT(size_of(floor, spec), 0.3) << "of the same workload, that of the same window";
}

TEST(NoiseFloor, of_the_same_cell_comes_before_that_of_others) {
  NoiseFloor floor;
  add_sessions(floor, {}, {1, 1.001, 0.999});
  add_sessions(floor, {.model = "pool"}, {1, 1.3, 0.8});
  add_sessions(floor, {.model = "threads"}, {1, 1.03, 0.97});
  add_sessions(floor, {.model = "pool", .workload = "cpu"}, {1, 1.001, 0.999});
  TrialSpec spec = sample_record().spec;
  EXPECT_LT(size_of(floor, spec), 0.02);
  spec.model = "pool";
  EXPECT_GT(size_of(floor, spec), 0.3);
  spec.model = "eventloop";
  EXPECT_GT(size_of(floor, spec), 0.05) << "that in the middle of the same workload's";
  EXPECT_LT(size_of(floor, spec), 0.3);
  EXPECT_FALSE(floor.of(spec, metric_named("memory")).has_value()) << "never measured";
}

TEST(NoiseFloor, leaves_out_what_failed_and_what_is_not_known) {
  NoiseFloor floor;
  std::vector<TrialRecord> records = sample_repetitions({});
  records[0].status = Status::failed;
  records[1].response.p99_us = 0;
  add_session(floor, records, metrics());
  ASSERT_EQ(floor.entries.size(), 2U);
  EXPECT_EQ(floor.entries[0].sessions.front().values.size(), 2U);
  EXPECT_EQ(floor.entries[1].sessions.front().values.size(), 1U);
}

TEST(NoiseFloor, keeps_the_latest_sessions) {
  NoiseFloor floor;
  for (std::size_t i = 0; i < most_sessions_kept + 2; ++i) {
    std::vector<TrialRecord> records = sample_repetitions({});
    for (TrialRecord& record : records) record.started_at = std::to_string(1000 + i);
    add_session(floor, records, metrics());
  }
  EXPECT_EQ(floor.sessions(), most_sessions_kept);
  EXPECT_EQ(floor.first_session(), "1002");
}

}  // namespace
}  // namespace cbench
