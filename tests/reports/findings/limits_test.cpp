#include "reports/findings/limits.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/findings/block_laws.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Sentences = std::vector<std::string>;

// Whether there is one sentence, and it holds `part`.
testing::AssertionResult is_only(const Sentences& sentences, std::string_view part) {
  if (sentences.size() == 1) return has(sentences.front(), part);
  return testing::AssertionFailure() << sentences.size() << " sentences";
}

Cell cell_of(const Sample& sample) { return blocks_of(sample_repetitions(sample))[0].cells[0]; }

std::vector<std::string> verdict_on(const std::vector<TrialRecord>& records) { return verdict(blocks_of(records)[0]); }
std::vector<std::string> doubts_on(const std::vector<TrialRecord>& records) { return doubts(blocks_of(records)[0]); }

TEST(Limit, near_the_ideal_of_waiting_tasks_it_is_the_delay) { EXPECT_EQ(limit_of(cell_of({})), Limit::delay); }

TEST(Limit, near_the_ideal_of_busy_workers_it_is_the_work) {
  const auto blocks = blocks_of(sample_cpu_sweep());
  for (const Cell& cell : blocks[0].cells) {
    if (cell.spec.model == "pool") {
      EXPECT_EQ(limit_of(cell), Limit::work) << cell.spec.workers;
    }
  }
}

TEST(Limit, workers_that_wait_with_their_task_are_blocked) {
  Sample pool{.model = "pool",
              .throughput_per_s = 99.5,
              .response_us = 10'020'000,
              .queueing_us = 10'000'000,
              .cpu_per_task_us = 31,
              .peer_cpu_share = 0};
  EXPECT_EQ(limit_of(cell_of(pool)), Limit::blocked);
  pool.concurrency = 2;
  pool.ideal_per_s = 120;
  EXPECT_NE(limit_of(cell_of(pool)), Limit::blocked) << "with a worker for every task the workers are not the limit";
}

TEST(Limit, where_no_cpu_is_left_it_is_the_cpus) {
  EXPECT_EQ(limit_of(cell_of({.throughput_per_s = 30'000, .cpu_per_task_us = 40, .peer_cpu_share = 0.7})), Limit::cpus);
  EXPECT_NE(limit_of(cell_of({.throughput_per_s = 30'000, .cpu_per_task_us = 20, .peer_cpu_share = 0.2})), Limit::cpus);
}

TEST(Limit, where_others_use_the_cpus_nothing_can_be_said) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 30'000, .peer_cpu_share = 0.2});
  for (TrialRecord& record : records) record.foreign_cpu_share = 1.5;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::disturbed);
  EXPECT_EQ(verdict_on(records), (Sentences{"What limits fibers cannot be told: others used 1.50 of 2 CPUs."}));
}

TEST(Limit, one_cpu_in_use_by_several_workers_is_something_serial) {
  EXPECT_EQ(limit_of(cell_of({.throughput_per_s = 10'000, .cpu_per_task_us = 100, .peer_cpu_share = 0})),
            Limit::waiting)
      << "tasks that wait leave CPUs idle anyhow";
  EXPECT_EQ(limit_of(cell_of({.throughput_per_s = 2'100,
                              .demand_cpu_us = 461,
                              .demand_wait_us = 0,
                              .ideal_per_s = 4'340,
                              .cpu_per_task_us = 470,
                              .peer_cpu_share = 0})),
            Limit::serial);
}

TEST(Limit, idle_cpus_far_from_the_ideal_are_waiting) {
  EXPECT_EQ(limit_of(cell_of({.throughput_per_s = 30'000})), Limit::waiting);
}

TEST(Limit, without_demands_and_with_idle_cpus_it_is_unknown) {
  EXPECT_EQ(limit_of(cell_of({.throughput_per_s = 100, .demand_wait_us = 0, .ideal_per_s = 0})), Limit::unknown);
}

TEST(Limit, an_open_load_that_is_kept_up_with_shows_no_limit) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 4'990});
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 5'000;
  }
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::offered);
}

TEST(Verdict, models_with_the_same_limit_share_a_sentence) {
  EXPECT_EQ(verdict_on(sample_io()),
            (Sentences{"eventloop and fibers reach 98 % of the ideal: the delay of each task is the limit (Little's "
                       "law: 1,000 in flight / 20.0ms = 50.0k/s).",
                       "threads is CPU-bound: both CPUs are busy (the model 0.99, the peer 0.70), and a "
                       "task costs 24.1us of CPU.",
                       "pool: 2 workers, each blocked for 20.1ms by one task: 99.5/s is the ceiling, however many "
                       "are in flight."}));
}

TEST(Verdict, each_model_is_judged_at_its_best) {
  EXPECT_EQ(verdict_on(sample_cpu_sweep()),
            (Sentences{"pool and fibers reach 97 % to 98 % of the ideal: the work itself is the limit (461us of CPU a "
                       "task, on 2 CPUs = 4.34k/s)."}));
}

TEST(Verdict, the_baseline_speaks_only_where_it_is_alone) {
  std::vector<TrialRecord> records = sample_io();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.model != "sequential"; });
  EXPECT_TRUE(is_only(verdict_on(records), "sequential reaches 99 % of the ideal"));
}

TEST(Verdict, of_nothing_measured_nothing_is_said) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
  EXPECT_EQ(verdict_on({record}), Sentences());
  EXPECT_EQ(doubts_on({record}), Sentences());
}

TEST(Doubts, a_quiet_run_has_none) { EXPECT_EQ(doubts_on(sample_io()), Sentences()); }

TEST(Doubts, one_repetition_says_so) { EXPECT_TRUE(is_only(doubts_on({sample_record()}), "One repetition")); }

TEST(Doubts, a_wide_interval_is_named) {
  EXPECT_EQ(doubts_on(sample_repetitions({}, 0.1)),
            (Sentences{"The throughput of fibers is known to within ±25 % only: more repetitions would help."}));
}

TEST(Doubts, other_load_and_the_hypervisor_are_told_apart) {
  std::vector<TrialRecord> records = sample_repetitions({});
  records[1].foreign_cpu_share = 0.12;
  records[1].steal_share = 0.08;
  EXPECT_EQ(doubts_on(records), (Sentences{"The hypervisor took up to 8.0 % of a CPU from fibers."}));
  records[2].foreign_cpu_share = 0.4;
  EXPECT_EQ(doubts_on(records), (Sentences{"Other processes used up to 40 % of a CPU beside fibers.",
                                           "The hypervisor took up to 8.0 % of a CPU from fibers."}));
}

TEST(Doubts, a_busy_peer_is_suspected) {
  EXPECT_EQ(doubts_on(sample_repetitions({.peer_cpu_share = 0.95})),
            (Sentences{"The peer used 95 % of a CPU with fibers: it may be the limit, and not the model."}));
}

TEST(Doubts, what_holds_for_every_model_does_not_list_them) {
  std::vector<TrialRecord> records;
  for (const char* model : {"fibers", "pool", "threads"}) append(records, sample_repetitions({.model = model}));
  for (TrialRecord& record : records) record.foreign_cpu_share = 0.5;
  EXPECT_EQ(doubts_on(records), (Sentences{"Other processes used up to 50 % of a CPU beside all models."}));
}

TEST(Doubts, starvation_is_told_from_chance) {
  std::vector<TrialRecord> records = sample_repetitions({});
  const auto with = [&](double spread, double tasks_per_slot) {
    for (TrialRecord& record : records) {
      record.slot_spread = spread;
      record.tasks = static_cast<std::uint64_t>(tasks_per_slot * record.spec.load.concurrency);
    }
    return doubts_on(records);
  };
  EXPECT_TRUE(is_only(with(5.2, 100), "some slots finished 5.2 times as many tasks as others"));
  EXPECT_EQ(with(5.2, 100), (Sentences{"Unfair, fibers: some slots finished 5.2 times as many tasks as others. "
                                       "Throughput was bought with starvation."}));
  EXPECT_TRUE(is_only(with(0, 100), "some slots finished no task at all"));
  EXPECT_EQ(with(1.4, 100), Sentences());
  EXPECT_EQ(with(5.2, 10), Sentences()) << "few tasks a slot differ by chance";
  EXPECT_EQ(with(2.2, 100), Sentences()) << "100 +- 4 x 10 tasks a slot are chance";
}

TEST(Doubts, warnings_on_the_records_are_repeated_once) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.model = "pool"}));
  for (TrialRecord& record : records) record.warnings = {"the clock is not the TSC"};
  EXPECT_EQ(doubts_on(records), (Sentences{"fibers and pool: the clock is not the TSC."}));
}

TEST(Verdict, models_with_two_worker_counts_share_a_sentence) {
  std::vector<TrialRecord> records;
  for (const char* model : {"pool", "tbb"}) {
    for (const std::uint32_t workers : {1U, 2U}) {
      append(records, sample_repetitions({.model = model,
                                          .workload = "cpu",
                                          .parameters = {{"amount", "20000"}, {"kernel", "primes"}},
                                          .workers = workers,
                                          .concurrency = 64,
                                          .throughput_per_s = 2000.0 * workers,
                                          .demand_cpu_us = 450,
                                          .demand_wait_us = 0}));
    }
  }
  auto blocks = blocks_of(records);
  ASSERT_EQ(blocks.size(), 1U);
  add_laws(blocks[0]);
  ASSERT_EQ(blocks[0].laws.size(), 1U);
  EXPECT_TRUE(begins(blocks[0].laws[0], "Two worker counts identify no law."));
  EXPECT_TRUE(has(blocks[0].laws[0], "e(2): pool "));
  EXPECT_TRUE(has(blocks[0].laws[0], "; tbb "));
}

}  // namespace
}  // namespace cbench
