#include "reports/findings/cells/cells.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

const Cell& cell_named(const std::vector<Block>& blocks, const std::string& label, std::uint32_t workers = 0) {
  for (const Block& block : blocks) {
    for (const Cell& cell : block.cells) {
      if (cell.label() == label && (workers == 0 || cell.spec.workers == workers)) return cell;
    }
  }
  throw std::runtime_error("no cell " + label);
}

TEST(Cells, repetitions_are_gathered_and_nothing_else_is) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.workers = 4}));
  append(records, sample_repetitions({.concurrency = 8}));
  TrialRecord other = sample_record();
  other.spec.settings = {{"stack", "16k"}};
  records.push_back(other);
  const auto blocks = blocks_of(records);
  ASSERT_EQ(blocks.size(), 1U);
  ASSERT_EQ(blocks[0].cells.size(), 4U);
  EXPECT_EQ(cell_named(blocks, "fibers:stack=16k").throughput.repetitions, 1U);
  EXPECT_EQ(cell_named(blocks, "fibers", 4).throughput.repetitions, 3U);
}

// A second run of the same cell begins at repetition 1 again: sorted by that, two levels would look like noise.
TEST(Cells, repetitions_stand_in_the_order_in_which_they_were_measured) {
  std::vector<TrialRecord> records;
  for (const bool second : {false, true}) {
    for (std::uint32_t repetition = 1; repetition <= 5; ++repetition) {
      records.push_back(sample_record({.repetition = repetition, .throughput_per_s = second ? 105.0 : 100.0}));
      records.back().started_at = second ? "2024-05-18T09:30:00Z" : "2024-05-17T09:30:00Z";
    }
  }
  std::ranges::reverse(records);
  const auto blocks = blocks_of(records);
  const Cell& cell = cell_named(blocks, "fibers");
  EXPECT_EQ(cell.throughputs_per_s, (std::vector<double>{100, 100, 100, 100, 100, 105, 105, 105, 105, 105}));
  EXPECT_NE(cell.throughput.trust(), Trust::full) << "it drifts";
}

TEST(Cells, another_workload_or_load_is_another_block) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.parameters = {{"delay", "5ms"}}}));
  append(records, sample_repetitions({.workload = "sleep"}));
  TrialRecord open = sample_record();
  open.spec.load.kind = LoadKind::open;
  records.push_back(open);
  EXPECT_EQ(blocks_of(records).size(), 4U);
  open.spec.load.poisson = false;
  records.push_back(open);
  open.spec.load.shed = true;
  records.push_back(open);
  EXPECT_EQ(blocks_of(records).size(), 6U) << "a table says once how its tasks arrive";
}

TEST(Cells, percentiles_are_of_the_merged_histogram_and_never_averaged) {
  // One repetition with fast tasks alone, one with slow ones alone: the median of all tasks is neither's average.
  std::vector<TrialRecord> records = {sample_record(), sample_record()};
  Histogram fast;
  fast.record(1'000, 900);
  Histogram slow;
  slow.record(1'000'000, 100);
  records[0].response = summarise(fast);
  records[1].response = summarise(slow);
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_EQ(cell.percentiles, PercentilesFrom::histogram);
  EXPECT_NEAR(cell.response.p50_us, 1, 0.001);
  EXPECT_NEAR(cell.response.p99_us, 1000, 1);
  EXPECT_NEAR(cell.response.mean_us, 0.9 * 1 + 0.1 * 1000, 0.2);
  EXPECT_EQ(cell.response.histogram->total(), 1000U);
}

TEST(Cells, without_histograms_percentiles_are_medians_and_say_so) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) {
    record.response.histogram.reset();
    record.response.p99_us = 100.0 * record.spec.repetition * record.spec.repetition;
  }
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_EQ(cell.percentiles, PercentilesFrom::medians);
  EXPECT_EQ(cell.response.p99_us, 400);
  EXPECT_FALSE(cell.response.histogram.has_value());
}

TEST(Cells, failures_are_kept_with_their_reasons_and_out_of_the_numbers) {
  std::vector<TrialRecord> records = sample_repetitions({});
  records[1].status = Status::timed_out;
  records[1].reason = "no end";
  records[1].throughput_per_s = 1;
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_EQ(cell.throughput.repetitions, 2U);
  EXPECT_GT(cell.throughput.low, 40'000);
  ASSERT_EQ(cell.failures.size(), 1U);
  EXPECT_EQ(cell.failures[0].reason, "no end");
  EXPECT_EQ(cell.failures[0].repetition, 2U);
  EXPECT_EQ(cell.failures[0].status, Status::timed_out);
}

// With one task in flight throughput is the inverse of a mean time: 99 tasks of 20.2 ms in 2 s are known to 0.1 %.
TEST(Cells, know_the_throughput_of_one_task_in_flight_as_well_as_its_time) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 49.5}, 0);
  for (TrialRecord& record : records) record.spec.load.concurrency = 1;
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_NEAR(cell.throughput.relative_half_width(), 0.001, 1e-6);
  EXPECT_NEAR(cell.throughput_resolution, 0.001, 1e-6);
}

TEST(Cells, know_a_throughput_no_better_than_to_one_task_and_percentiles_no_further_than_to_zero) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 8.5}, 0);
  for (TrialRecord& record : records) record.response.p99_us = 100.0 * std::pow(4, record.spec.repetition);
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_NEAR(cell.throughput.relative_half_width(), 1.0 / 17, 1e-9) << "17 tasks in 2 s";
  EXPECT_GT(cell.response_p99_us.low, 0);
  for (TrialRecord& record : records) record.spec.load.kind = LoadKind::fixed;
  EXPECT_EQ(blocks_of(records)[0].cells[0].throughput.relative_half_width(), 0) << "the makespan is exact";
}

TEST(Cells, the_order_of_the_records_does_not_matter) {
  std::vector<TrialRecord> records = sample_failures();
  const auto before = blocks_of(records);
  std::ranges::reverse(records);
  const auto after = blocks_of(records);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before[0].cells.size(); ++i) {
    EXPECT_EQ(before[0].cells[i].label(), after[0].cells[i].label());
    EXPECT_NEAR(before[0].cells[i].throughput.mean, after[0].cells[i].throughput.mean, 1e-6);
    EXPECT_EQ(before[0].cells[i].failures.size(), after[0].cells[i].failures.size());
  }
}

TEST(Cells, the_baseline_comes_first_then_the_best_and_failures_last) {
  const auto blocks = blocks_of(sample_failures());
  std::vector<std::string> labels;
  for (const Cell& cell : blocks[0].cells) labels.push_back(cell.label());
  EXPECT_EQ(labels, (std::vector<std::string>{"sequential", "eventloop", "fibers", "processes", "actors", "threads"}));
}

TEST(Cells, speedups_are_over_sequential_and_over_one_worker) {
  const auto blocks = blocks_of(sample_cpu_sweep());
  const Cell& two = cell_named(blocks, "pool", 2);
  EXPECT_NEAR(two.speedup_over_sequential, 4260.0 / 2168, 1e-6);
  EXPECT_NEAR(two.speedup_over_one_worker, 4260.0 / 2150, 1e-6);
  EXPECT_EQ(blocks_of(sample_repetitions({}))[0].cells[0].speedup_over_sequential, 0) << "without a baseline";
}

// Models beside a baseline whose repetitions found demands of 400, 461 and 522 us.
std::vector<TrialRecord> with_demands_that_differ() {
  std::vector<TrialRecord> records = sample_cpu_sweep();
  for (TrialRecord& record : records) {
    if (record.spec.is_baseline) record.demand_cpu_us = 461 + 61 * (record.spec.repetition - 2.0);
    if (!record.spec.is_baseline) record.demand_cpu_us = 400;  // of the first alone, as it was when they ran
  }
  return records;
}

TEST(Cells, the_ideal_is_of_all_repetitions_of_the_baseline_and_so_is_its_interval) {
  const auto blocks = blocks_of(with_demands_that_differ());
  const Cell& two = cell_named(blocks, "pool", 2);
  EXPECT_NEAR(two.demand_cpu_us, 461, 1e-6);
  EXPECT_NEAR(two.ideal_per_s, 2e6 / 461, 1e-6);
  EXPECT_NEAR(two.efficiency, 4'260 / (2e6 / 461), 1e-6);
  EXPECT_LT(two.efficiency_interval.low, 0.9) << "throughput alone is known to 0.5 %";
  EXPECT_GT(two.efficiency_interval.high, 1.1);
  const auto steady = blocks_of(sample_cpu_sweep());
  const Interval narrow = cell_named(steady, "pool", 2).efficiency_interval;
  EXPECT_LT(narrow.high - narrow.low, 0.05);
  EXPECT_TRUE(narrow.contains(cell_named(steady, "pool", 2).efficiency));
}

TEST(Cells, a_throughput_that_scatters_makes_the_efficiency_scatter_whatever_the_baseline_does) {
  std::vector<TrialRecord> records = sample_repetitions({}, 0.08);
  append(records, sample_repetitions(sequential_sample({.throughput_per_s = 49.7})));
  const auto blocks = blocks_of(records);
  const Cell& fibers = cell_named(blocks, "fibers");
  const double half = (fibers.efficiency_interval.high - fibers.efficiency_interval.low) / 2 / fibers.efficiency;
  EXPECT_NEAR(half, fibers.throughput.relative_half_width(), 0.001);
}

TEST(Cells, without_a_baseline_the_ideal_is_that_of_the_records) {
  auto records = with_demands_that_differ();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.is_baseline; });
  const auto blocks = blocks_of(records);
  EXPECT_NEAR(cell_named(blocks, "pool", 2).ideal_per_s, 4'340, 1e-6);
  EXPECT_TRUE(cell_named(blocks, "pool", 2).has_efficiency_interval());
}

TEST(Cells, one_repetition_of_everything_has_no_interval_of_efficiency) {
  auto records = sample_cpu_sweep();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.repetition > 1; });
  const auto blocks = blocks_of(records);
  EXPECT_GT(cell_named(blocks, "pool", 2).efficiency, 0.9);
  EXPECT_FALSE(cell_named(blocks, "pool", 2).has_efficiency_interval());
}

TEST(Cells, times_hold_where_littles_law_does) {
  const auto holds = [](double in_flight, LoadKind kind = LoadKind::closed, std::uint32_t concurrency = 1000) {
    std::vector<TrialRecord> records = sample_repetitions({.concurrency = concurrency});
    for (TrialRecord& record : records) {
      record.littles_in_flight = in_flight;
      record.spec.load.kind = kind;
    }
    return blocks_of(records)[0].cells[0].times_hold();
  };
  EXPECT_TRUE(holds(1000));
  EXPECT_TRUE(holds(905));
  EXPECT_TRUE(holds(1095));
  EXPECT_FALSE(holds(890));
  EXPECT_FALSE(holds(1110));
  EXPECT_FALSE(holds(73));
  EXPECT_TRUE(holds(73, LoadKind::fixed)) << "fixed work has no window to outlast";
  EXPECT_TRUE(holds(73, LoadKind::open)) << "an open load holds as many in flight as it comes to";
  EXPECT_TRUE(holds(0.5, LoadKind::closed, 1));
}

TEST(Cells, times_hold_where_littles_law_does_in_each_repetition) {
  std::vector<TrialRecord> records = sample_repetitions({});
  records[0].littles_in_flight = 500;
  records[1].littles_in_flight = 1500;
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_EQ(cell.littles_in_flight, 1000);
  EXPECT_FALSE(cell.times_hold());
}

TEST(Cells, a_repetition_beside_which_others_and_the_peer_used_no_cpu_counts) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].foreign_cpu_share = i == 0 ? 0.3 : 0;
    records[i].peer_cpu_share = i == 0 ? 0.6 : 0;
  }
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_NEAR(cell.foreign_cpu_share, 0.1, 1e-9);
  EXPECT_NEAR(cell.peer_cpu_share, 0.2, 1e-9);
}

TEST(Cells, a_repetition_of_which_no_cpu_time_was_read_says_nothing_of_the_peers) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) record.peer_cpu_share = 0.6;
  records[0].cpu_s = records[0].peer_cpu_share = 0;
  EXPECT_NEAR(blocks_of(records)[0].cells[0].peer_cpu_share, 0.6, 1e-9);
}

// A thousand tasks that are over in a millisecond, beside a million of the baseline's.
TEST(Cells, have_no_speedup_over_a_baseline_that_ran_more_tasks) {
  const auto speedup_beside = [](std::uint64_t tasks_of_baseline) {
    std::vector<TrialRecord> records = sample_repetitions({});
    for (TrialRecord record : sample_repetitions({})) {
      record.spec.model = "sequential";
      record.spec.is_baseline = true;
      record.spec.load.tasks = tasks_of_baseline;
      record.spec.load.kind = LoadKind::fixed;
      records.push_back(record);
    }
    for (TrialRecord& record : records) {
      record.spec.load.kind = LoadKind::fixed;
      if (!record.spec.is_baseline) record.spec.load.tasks = 1000;
    }
    for (const Block& block : blocks_of(records)) {
      for (const Cell& cell : block.cells) {
        if (!cell.is_baseline()) return cell.speedup_over_sequential;
      }
    }
    return -1.0;
  };
  EXPECT_EQ(speedup_beside(1'000'000), 0);
  EXPECT_EQ(speedup_beside(1000), 1);
  EXPECT_EQ(speedup_beside(100), 1) << "of long tasks few tell as much";
}

TEST(Cells, results_that_do_not_say_their_tasks_in_flight_are_judged_by_their_times) {
  std::vector<TrialRecord> records =
      sample_repetitions({.throughput_per_s = 48.6, .response_us = 1'480'000, .tail_us = 20'000});
  for (TrialRecord& record : records) record.littles_in_flight = 0;
  const Cell cell = blocks_of(records)[0].cells[0];
  EXPECT_NEAR(cell.littles_in_flight, 48.6 * 1.5, 1);
  EXPECT_FALSE(cell.times_hold());
  EXPECT_NEAR(cell.littles_response_us(), 1000 / 48.6 * 1e6, 1e3);
}

TEST(Cells, a_percentile_needs_ten_tasks_beyond_it) {
  const auto cell_with = [](std::uint64_t tasks, bool histograms) {
    std::vector<TrialRecord> records = sample_repetitions({});
    for (TrialRecord& record : records) {
      record.tasks = tasks;
      if (!histograms) record.response.histogram.reset();
    }
    return blocks_of(records)[0].cells[0];
  };
  EXPECT_TRUE(cell_with(334, true).knows_percentile(0.99)) << "of all repetitions together";
  EXPECT_FALSE(cell_with(333, true).knows_percentile(0.99));
  EXPECT_FALSE(cell_with(334, true).knows_repeated_percentile(0.99)) << "of each";
  EXPECT_TRUE(cell_with(1000, true).knows_repeated_percentile(0.99));
  EXPECT_FALSE(cell_with(334, false).knows_percentile(0.99)) << "medians are of percentiles of each";
  EXPECT_TRUE(cell_with(1000, false).knows_percentile(0.99));
  EXPECT_TRUE(cell_with(100, false).knows_percentile(0.9));
  EXPECT_FALSE(cell_with(6, true).knows_percentile(0.5));
  EXPECT_TRUE(cell_with(7, true).knows_percentile(0.5));
}

TEST(Cells, memory_is_what_was_resident_and_what_the_kernel_held) {
  std::vector<TrialRecord> threads =
      sample_repetitions({.model = "threads", .peak_rss_bytes = 172'000'000, .peak_kernel_bytes = 340'000'000});
  append(threads, sample_repetitions({.peak_rss_bytes = 172'000'000}));
  const auto blocks = blocks_of(threads);
  EXPECT_EQ(cell_named(blocks, "threads").peak_memory_bytes, 512'000'000U);
  EXPECT_EQ(cell_named(blocks, "fibers").peak_memory_bytes, 172'000'000U);
  EXPECT_NEAR(cell_named(blocks, "threads").bytes_per_task, 512'000, 1);
}

TEST(Cells, efficiency_is_of_the_mean_throughput) {
  const Cell cell = blocks_of(sample_repetitions({}))[0].cells[0];
  EXPECT_NEAR(cell.efficiency, 48'900.0 / 50'000, 1e-9);
}

// The tasks that fit into such a window are the short ones.
TEST(Cells, a_baseline_that_once_finished_no_task_gives_no_ideal) {
  std::vector<TrialRecord> records = sample_io();
  ASSERT_GT(cell_named(blocks_of(records), "fibers").efficiency, 0.9);
  TrialRecord& empty = records.at(1);
  ASSERT_TRUE(empty.spec.is_baseline);
  empty.status = Status::failed;
  empty.reason = "no task finished within 500ms; give a longer --duration";
  const auto blocks = blocks_of(records);
  const Cell& cell = cell_named(blocks, "fibers");
  EXPECT_EQ(cell.ideal_per_s, 0);
  EXPECT_EQ(cell.efficiency, 0);
  empty.reason = "killed by signal 9";
  EXPECT_GT(cell_named(blocks_of(records), "fibers").efficiency, 0.9) << "which says nothing of its tasks";
}

}  // namespace
}  // namespace cbench
