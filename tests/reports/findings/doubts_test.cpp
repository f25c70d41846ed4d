#include "reports/findings/doubts.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

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

std::vector<std::string> doubts_on(const std::vector<TrialRecord>& records) { return doubts(blocks_of(records)[0]); }

TEST(Doubts, of_nothing_measured_there_are_none) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
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
  const std::string remedy = " Of CPUs that --keep-awake keeps from halting it may take less.";
  EXPECT_EQ(doubts_on(records), (Sentences{"The hypervisor took up to 8.0 % of a CPU from fibers." + remedy}));
  records[2].foreign_cpu_share = 0.4;
  EXPECT_EQ(doubts_on(records), (Sentences{"Other processes used up to 40 % of a CPU beside fibers.",
                                           "The hypervisor took up to 8.0 % of a CPU from fibers." + remedy}));
  for (TrialRecord& record : records) record.host.idle = "kept awake";
  EXPECT_EQ(doubts_on(records).back(), "The hypervisor took up to 8.0 % of a CPU from fibers.");
}

TEST(Doubts, a_runtime_that_still_compiles_is_not_warm) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) record.compiler_cpu_share = 0.04 * record.cpu_s / record.window_s;
  EXPECT_EQ(doubts_on(records), Sentences()) << "a few percent are what every runtime has";
  records[1].compiler_cpu_share = 0.12 * records[1].cpu_s / records[1].window_s;
  EXPECT_EQ(
      doubts_on(records),
      (Sentences{"Not warm, fibers: up to 12 % of the CPU time within a window went into compiling the program. A "
                 "longer --warmup may help."}));
}

TEST(Doubts, much_collecting_of_garbage_is_told) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) record.collector_cpu_share = 0.04 * record.cpu_s / record.window_s;
  EXPECT_EQ(doubts_on(records), Sentences());
  records[2].collector_cpu_share = 0.2 * records[2].cpu_s / records[2].window_s;
  EXPECT_EQ(doubts_on(records), (Sentences{"Collecting garbage took up to 20 % of the CPU time of fibers."}));
}

TEST(Doubts, a_busy_peer_is_suspected) {
  EXPECT_EQ(doubts_on(sample_repetitions({.peer_cpu_share = 0.95})),
            (Sentences{"The peer used 95 % of a CPU with fibers: it may be the limit, and not the model."}));
}

TEST(Doubts, more_threads_of_the_peer_are_named_where_CPUs_are_left_for_them) {
  std::vector<TrialRecord> records = sample_repetitions({.peer_cpu_share = 1.9});
  for (TrialRecord& record : records) {
    record.host.cpus_online = 16;
    record.host.cpus_allowed = 16;
    record.host.peers = 2;
  }
  EXPECT_EQ(doubts_on(records), (Sentences{"The peer used 190 % of a CPU with fibers: it may be the limit, and not the "
                                           "model. --peers 4 would tell."}));
  for (TrialRecord& record : records) record.peer_cpu_share = 1.7;
  EXPECT_EQ(doubts_on(records), Sentences()) << "two threads may use two CPUs";
}

TEST(Doubts, what_holds_for_every_model_does_not_list_them) {
  std::vector<TrialRecord> records;
  for (const char* model : {"fibers", "pool", "threads"}) append(records, sample_repetitions({.model = model}));
  for (TrialRecord& record : records) record.foreign_cpu_share = 0.5;
  EXPECT_EQ(doubts_on(records), (Sentences{"Other processes used up to 50 % of a CPU beside all models."}));
}

TEST(Doubts, wide_intervals_are_named_each_and_never_all_by_the_worst) {
  std::vector<TrialRecord> records = sample_repetitions({.model = "pool"}, 0.085);
  append(records, sample_repetitions({.model = "tbb"}, 0.25));
  append(records, sample_repetitions({.model = "fibers"}));
  EXPECT_EQ(doubts_on(records),
            (Sentences{"The throughput of pool (±21 %) and tbb (±62 %) is known no better than that: more repetitions "
                       "would help."}));
  for (const char* model : {"a", "b", "c"}) append(records, sample_repetitions({.model = model}, 0.1));
  EXPECT_EQ(doubts_on(records),
            (Sentences{"The throughput of 5 of 6 models is known no better than to within ±21 % (pool) to ±62 % (tbb): "
                       "more repetitions would help."}));
}

std::vector<TrialRecord> on_slots(double tasks_per_slot, double spread, std::uint32_t concurrency = 1000) {
  std::vector<TrialRecord> records = sample_repetitions({.concurrency = concurrency});
  for (TrialRecord& record : records) {
    record.slot_spread = spread;
    record.tasks = static_cast<std::uint64_t>(tasks_per_slot * concurrency);
  }
  return records;
}

TEST(Doubts, starvation_is_told_from_chance) {
  EXPECT_EQ(doubts_on(on_slots(100, 5.2)),
            (Sentences{"Unfair, fibers: some slots finished 5.2 times as many tasks as others."}));
  EXPECT_EQ(doubts_on(on_slots(100, 1.4)), Sentences());
  EXPECT_EQ(doubts_on(on_slots(10, 5.2)), Sentences()) << "few tasks a slot differ by chance";
  EXPECT_EQ(doubts_on(on_slots(100, 2.2)), Sentences()) << "100 +- 4 x 10 tasks a slot are chance";
}

TEST(Doubts, a_slot_without_a_task_is_starved_where_chance_does_not_leave_one) {
  EXPECT_EQ(doubts_on(on_slots(13, 0)),
            (Sentences{"Unfair, fibers: some of 1,000 slots finished no task while others finished 13.0 on average."}));
  // Of 1,000 slots in three repetitions, served in random order, one stays without a task in one of 7 results.
  EXPECT_EQ(doubts_on(on_slots(10, 0)), Sentences());
  EXPECT_TRUE(is_only(doubts_on(on_slots(10, 0, 64)), "some of 64 slots finished no task"));
  EXPECT_EQ(doubts_on(on_slots(4, 0, 2)), Sentences()) << "so few tasks tell nothing";
  EXPECT_EQ(doubts_on(on_slots(100, 0, 1)), Sentences()) << "one slot has nobody to be unfair to";
}

TEST(Doubts, slots_of_an_open_load_may_stay_unused) {
  std::vector<TrialRecord> records = on_slots(100, 0);
  for (TrialRecord& record : records) record.spec.load.kind = LoadKind::open;
  EXPECT_EQ(doubts_on(records), Sentences());
}

// A pool of one worker on tasks of 20 ms, 1,000 in flight: 48.6 a second, each of which has waited up to the window.
std::vector<TrialRecord> outlasting() {
  std::vector<TrialRecord> records = sample_repetitions({.model = "pool",
                                                         .workers = 1,
                                                         .throughput_per_s = 48.6,
                                                         .response_us = 1'480'000,
                                                         .tail_us = 20'000,
                                                         .queueing_us = 1'460'000});
  for (TrialRecord& record : records) record.littles_in_flight = 48.6 * 1.5;
  return records;
}

TEST(Doubts, tasks_that_outlast_the_window_are_said_with_the_window_that_would_do) {
  std::vector<TrialRecord> records = outlasting();
  EXPECT_EQ(
      doubts_on(records),
      (Sentences{"pool: most tasks outlast the window of 2s; by Little's law one takes 20.6s on average, those "
                 "that finished took 1.50s. Their times are not shown; --duration 3.5min --warmup 42s would do."}));
  for (TrialRecord& record : records) record.settled = false;
  EXPECT_TRUE(is_only(doubts_on(records), "Not every slot had finished a task when the window opened"));
  for (TrialRecord& record : records) record.spec.load.warmup = std::chrono::seconds(60);
  EXPECT_TRUE(is_only(doubts_on(records), "--duration 3.5min would do."));
}

TEST(Doubts, tasks_that_are_long_but_end_within_the_window_are_not_said_to_outlast_it) {
  std::vector<TrialRecord> records = outlasting();
  for (TrialRecord& record : records) record.spec.load.duration = std::chrono::seconds(30);
  EXPECT_TRUE(is_only(doubts_on(records), "pool: tasks are too long for the window of 30s"));
}

TEST(Doubts, where_the_window_is_long_enough_it_is_others_that_were_left_waiting) {
  std::vector<TrialRecord> records = sample_repetitions(
      {.model = "tbb", .concurrency = 64, .throughput_per_s = 1'880, .response_us = 4'900, .tail_us = 100});
  EXPECT_EQ(doubts_on(records), Sentences());
  for (TrialRecord& record : records) record.littles_in_flight = 9.4;
  EXPECT_EQ(doubts_on(records),
            (Sentences{"tbb: by Little's law a task takes 34.0ms on average, those that finished took 5.00ms: others "
                       "were left waiting. Times are not shown: they would be those of the tasks that were served."}));
}

std::vector<TrialRecord> steady(std::uint32_t workers = 2, double response_us = 4'900) {
  return sample_repetitions({.model = "tbb",
                             .workers = workers,
                             .concurrency = 64,
                             .throughput_per_s = 1'880,
                             .response_us = response_us,
                             .tail_us = 100});
}

TEST(Doubts, nobody_is_said_to_wait_where_tasks_took_longer_than_littles_law_says) {
  std::vector<TrialRecord> records = steady(2, 39'900);
  for (TrialRecord& record : records) record.littles_in_flight = 75.2;
  EXPECT_EQ(doubts_on(records),
            (Sentences{"tbb: by Little's law a task takes 34.0ms on average, those that finished took 40.0ms: many of "
                       "these had been under way for long when the window opened. Times are not shown: they would be "
                       "too long."}));
}

TEST(Doubts, littles_law_is_asked_of_each_repetition) {
  std::vector<TrialRecord> records = steady();
  records[0].littles_in_flight = 32;
  records[1].littles_in_flight = 96;
  EXPECT_EQ(doubts_on(records),
            (Sentences{"tbb: by Little's law 32.0 tasks were in flight in one repetition and 96.0 in another, where 64 "
                       "were asked for. Times are not shown: they are not those of a steady flow."}));
}

TEST(Doubts, of_a_model_on_several_numbers_of_workers_the_one_that_is_meant_is_named) {
  std::vector<TrialRecord> records = steady();
  for (TrialRecord& record : records) record.littles_in_flight = 9.4;
  append(records, steady(1));
  EXPECT_TRUE(is_only(doubts_on(records), "tbb on 2 workers: by Little's law"));
  for (TrialRecord& record : records) record.littles_in_flight = 9.4;
  EXPECT_TRUE(is_only(doubts_on(records), "tbb: by Little's law")) << "all of its cells are";
  append(records, steady(4));
  EXPECT_TRUE(is_only(doubts_on(records), "tbb on 1 and 2 workers: by Little's law"));
}

TEST(Doubts, numbers_beside_which_trials_failed_are_said_to_be_those_of_the_others) {
  std::vector<TrialRecord> records = steady();
  records[1].status = Status::failed;
  records[1].reason = "3 tasks did other work than was asked for";
  EXPECT_TRUE(is_only(doubts_on(records),
                      "tbb failed 1 of 3 trials (3 tasks did other work than was asked for): its "
                      "numbers are those of the others."));
  records[1].status = Status::invalid;
  EXPECT_EQ(doubts_on(records), Sentences()) << "which is not the model's doing";
}

TEST(Doubts, arrivals_that_scatter_are_no_doubt_of_a_model_that_keeps_up_with_them) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 190}, 0.1);
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 200;
    record.arrived.offered_per_s = record.throughput_per_s;
  }
  EXPECT_EQ(doubts_on(records), Sentences());
  for (TrialRecord& record : records) record.arrived.offered_per_s = 220;
  EXPECT_TRUE(is_only(doubts_on(records), "more repetitions would help"));
}

TEST(Doubts, littles_law_is_asked_of_closed_loops_alone_and_within_a_tenth) {
  std::vector<TrialRecord> records = sample_repetitions({});
  for (TrialRecord& record : records) record.littles_in_flight = 910;
  EXPECT_EQ(doubts_on(records), Sentences());
  for (TrialRecord& record : records) record.littles_in_flight = 500;
  EXPECT_EQ(doubts_on(records).size(), 1U);
  for (TrialRecord& record : records) record.spec.load.kind = LoadKind::fixed;
  EXPECT_EQ(doubts_on(records), Sentences());
}

TEST(Doubts, what_is_surely_above_the_ideal_cannot_be) {
  const Sample cpu{.model = "pool",
                   .workload = "cpu",
                   .concurrency = 8,
                   .throughput_per_s = 4'800,
                   .demand_cpu_us = 461,
                   .demand_wait_us = 0,
                   .ideal_per_s = 4'339};
  const auto with_baseline = [&](double spread, double demand_spread) {
    std::vector<TrialRecord> records = sample_repetitions(cpu, spread);
    Sample sequential = sequential_sample(cpu);
    sequential.throughput_per_s = 2'169;
    append(records, sample_repetitions(sequential));
    for (TrialRecord& record : records) {
      if (record.spec.is_baseline) record.demand_cpu_us = 461 * (1 + demand_spread * (record.spec.repetition - 2.0));
    }
    return doubts_on(records);
  };
  EXPECT_EQ(with_baseline(0.002, 0),
            (Sentences{"pool reaches 111 % of the ideal, which cannot be: a task takes less there than it took alone, "
                       "and \"of ideal\" is too high."}));
  EXPECT_EQ(with_baseline(0.002, 0.1), Sentences()) << "the demand is not known well enough to say so";
  EXPECT_TRUE(is_only(with_baseline(0.1, 0), "known to within ±25 % only")) << "nor is the throughput";
}

TEST(Doubts, warnings_on_the_records_are_repeated_once) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.model = "pool"}));
  for (TrialRecord& record : records) record.warnings = {"the clock is not the TSC"};
  EXPECT_EQ(doubts_on(records), (Sentences{"fibers and pool: the clock is not the TSC."}));
}

}  // namespace
}  // namespace cbench
