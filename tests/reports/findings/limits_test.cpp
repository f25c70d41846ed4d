#include "reports/findings/limits.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/findings/laws/block_laws.hpp"
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

std::vector<std::string> sentences_on(const std::vector<TrialRecord>& records) {
  return limit_sentences(blocks_of(records)[0]);
}

TEST(Limit, near_the_ideal_of_waiting_tasks_it_is_the_delay) { EXPECT_EQ(limit_of(cell_of({})), Limit::delay); }

TEST(Limit, near_the_ideal_of_a_lock_it_is_the_lock) {
  std::vector<TrialRecord> records = sample_repetitions(
      {.concurrency = 64, .throughput_per_s = 510, .demand_cpu_us = 10, .demand_wait_us = 1'990, .ideal_per_s = 556});
  for (TrialRecord& record : records) record.demand_lock_us = 1'800;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::lock);
  EXPECT_EQ(sentences_on(records),
            (Sentences{"fibers reaches 92 % of the ideal: one lock is the limit (each task holds "
                       "it for 1.80ms: 556/s)."}));
}

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
  EXPECT_EQ(sentences_on(records), (Sentences{"What limits fibers cannot be told: others used 1.50 of 2 CPUs."}));
}

TEST(Limit, cpus_that_were_busy_on_average_alone_are_nobody_elses_doing) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 30'000, .peer_cpu_share = 0});
  for (TrialRecord& record : records) record.cpu_s = record.window_s * (record.spec.repetition == 3 ? 1.3 : 1.9);
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::unknown);
  EXPECT_EQ(sentences_on(records), Sentences()) << "others used 0.02 CPUs";
  for (TrialRecord& record : records) record.foreign_cpu_share = 0.3;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::disturbed);
}

TEST(Limit, a_repetition_whose_cpu_time_is_not_known_says_nothing_of_the_cpus) {
  std::vector<TrialRecord> records =
      sample_repetitions({.throughput_per_s = 30'000, .cpu_per_task_us = 40, .peer_cpu_share = 0.7});
  records[1].cpu_s = 0;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::cpus);
}

TEST(Limit, where_cpu_time_is_not_known_nothing_is_said_of_cpus) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 30'000});
  for (TrialRecord& record : records) record.foreign_cpu_share = std::nullopt;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::unknown) << "others may have had the CPUs";
  for (TrialRecord& record : records) record.cpu_s = record.cpu_per_task_us = record.peer_cpu_share = 0;
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::unknown);
  EXPECT_EQ(sentences_on(records), Sentences());
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

// Of 30 tasks in 20 places.
std::vector<TrialRecord> of_fixed_work(double throughput_per_s, double shortest_us) {
  std::vector<TrialRecord> records = sample_repetitions(
      {.workload = "sleep", .concurrency = 20, .throughput_per_s = throughput_per_s, .demand_wait_us = 50'000});
  append(records, sample_repetitions(sequential_sample(
                      {.workload = "sleep", .throughput_per_s = 20, .demand_wait_us = 50'000, .ideal_per_s = 20})));
  for (TrialRecord& record : records) {
    record.spec.load = {.kind = LoadKind::fixed, .concurrency = record.spec.load.concurrency, .tasks = 30};
    record.demand_shortest_us = shortest_us;
  }
  return records;
}

TEST(Limit, of_a_last_round_that_is_not_full_is_the_delay_and_no_waiting) {
  EXPECT_EQ(sentences_on(of_fixed_work(298, 50'000)),
            (Sentences{"fibers reaches 99 % of the ideal: the delay of each task is the limit (30 tasks in 20 places "
                       "take 2 rounds of 50.0ms: 300/s)."}));
  EXPECT_TRUE(is_only(sentences_on(of_fixed_work(150, 50'000)), "tasks wait for something that is not CPU time"));
}

TEST(Limit, of_few_unequal_tasks_is_not_known) { EXPECT_EQ(sentences_on(of_fixed_work(150, 1'000)), Sentences()); }

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

TEST(Limit, an_open_load_is_kept_up_with_by_what_came_and_not_by_its_rate) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 4'500}, 0.05);
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 5'000;
    record.arrived.offered_per_s = record.throughput_per_s;
    record.foreign_cpu_share = 1.9;
  }
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::offered);
  records[0].arrived.offered_per_s *= 1.07;
  EXPECT_NE(limit_of(blocks_of(records)[0].cells[0]), Limit::offered);
}

// Each rule keeps silent where the interval leaves it open.

TEST(Limit, an_efficiency_that_is_not_known_is_no_limit_by_the_work) {
  Sample busy{.throughput_per_s = 1'974,
              .demand_cpu_us = 461,
              .demand_wait_us = 0,
              .ideal_per_s = 2'169,
              .cpu_per_task_us = 300,
              .peer_cpu_share = 0};
  busy.workers = 1;
  busy.concurrency = 8;
  EXPECT_EQ(limit_of(blocks_of(sample_repetitions(busy))[0].cells[0]), Limit::work);
  const std::vector<TrialRecord> wide = sample_repetitions(busy, 0.2);  // 91 % of the ideal, +- 49 %
  EXPECT_EQ(limit_of(blocks_of(wide)[0].cells[0]), Limit::unknown);
  EXPECT_EQ(sentences_on(wide), Sentences());
}

TEST(Limit, an_efficiency_that_is_not_known_is_no_limit_by_the_delay_nor_waiting) {
  EXPECT_EQ(limit_of(blocks_of(sample_repetitions({.throughput_per_s = 46'000}, 0.2))[0].cells[0]), Limit::unknown);
  EXPECT_EQ(limit_of(blocks_of(sample_repetitions({.throughput_per_s = 43'000}, 0.2))[0].cells[0]), Limit::unknown);
  EXPECT_EQ(limit_of(blocks_of(sample_repetitions({.throughput_per_s = 43'000}))[0].cells[0]), Limit::waiting);
}

TEST(Limit, the_demands_of_one_repetition_of_the_baseline_are_not_taken_for_the_truth) {
  std::vector<TrialRecord> records = sample_cpu_sweep();
  EXPECT_TRUE(is_only(sentences_on(records), "the work itself is the limit"));
  for (TrialRecord& record : records) {
    if (record.spec.is_baseline) record.demand_cpu_us = 461 * (0.5 + 0.25 * record.spec.repetition);
  }
  EXPECT_TRUE(is_only(sentences_on(records), "CPU-bound: both CPUs are busy")) << "which needs no ideal";
}

TEST(Limit, of_a_pool_larger_than_its_workers_says_how_many_tasks_it_serves) {
  // 64 threads on two workers, each of which takes 20 ms for a task and a little more between them.
  const Sample pool{.model = "pool",
                    .throughput_per_s = 3195,
                    .response_us = 313'000,
                    .queueing_us = 293'000,
                    .cpu_per_task_us = 31,
                    .peer_cpu_share = 0};
  ASSERT_EQ(limit_of(cell_of(pool)), Limit::waiting);
  EXPECT_TRUE(is_only(sentences_on(sample_repetitions(pool)), "It serves about 65 of 1,000 in flight at a time"));
}

TEST(Limit, workers_whose_throughput_is_not_known_are_not_called_blocked) {
  const Sample pool{.model = "pool",
                    .throughput_per_s = 99.5,
                    .response_us = 10'020'000,
                    .queueing_us = 10'000'000,
                    .cpu_per_task_us = 31,
                    .peer_cpu_share = 0};
  EXPECT_EQ(limit_of(blocks_of(sample_repetitions(pool))[0].cells[0]), Limit::blocked);
  EXPECT_NE(limit_of(blocks_of(sample_repetitions(pool, 0.2))[0].cells[0]), Limit::blocked);
}

TEST(Limit, cpus_that_were_idle_in_a_repetition_are_not_the_limit) {
  std::vector<TrialRecord> records =
      sample_repetitions({.throughput_per_s = 30'000, .cpu_per_task_us = 40, .peer_cpu_share = 0.7});
  EXPECT_EQ(limit_of(blocks_of(records)[0].cells[0]), Limit::cpus);
  records[1].cpu_s *= 0.4;
  records[0].cpu_s *= 1.3;
  records[2].cpu_s *= 1.3;
  EXPECT_NE(limit_of(blocks_of(records)[0].cells[0]), Limit::cpus);
}

TEST(Limit, one_cpu_on_average_alone_is_nothing_serial) {
  Sample lock{.throughput_per_s = 2'100,
              .demand_cpu_us = 461,
              .demand_wait_us = 0,
              .ideal_per_s = 4'340,
              .cpu_per_task_us = 470,
              .peer_cpu_share = 0};
  const auto limit_with = [&](double first, double second, double third) {
    std::vector<TrialRecord> records = sample_repetitions(lock);
    records.at(0).cpu_s *= first;
    records.at(1).cpu_s *= second;
    records.at(2).cpu_s *= third;
    return limit_of(blocks_of(records)[0].cells[0]);
  };
  EXPECT_EQ(limit_with(1, 1, 1), Limit::serial);
  EXPECT_NE(limit_with(0.8, 0.8, 1.4), Limit::serial) << "one repetition used more";
  EXPECT_NE(limit_with(1.2, 1.2, 0.6), Limit::serial) << "one used less";
  lock.workers = 1;
  EXPECT_NE(limit_of(cell_of(lock)), Limit::serial) << "one worker cannot use more";
}

TEST(Limit, an_open_load_that_sheds_a_little_is_not_said_to_be_kept_up_with) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 4'930});
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 5'000;
    record.status = Status::overloaded;
  }
  EXPECT_NE(limit_of(blocks_of(records)[0].cells[0]), Limit::offered);
}

TEST(Limit, an_open_load_that_may_not_be_kept_up_with_is_not_called_so) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 4'950}, 0.05);
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 5'000;
  }
  EXPECT_NE(limit_of(blocks_of(records)[0].cells[0]), Limit::offered);
}

TEST(LimitSentences, queueing_is_not_told_where_times_do_not_hold) {
  std::vector<TrialRecord> records = sample_repetitions({.throughput_per_s = 30'000});
  EXPECT_TRUE(is_only(sentences_on(records), "half of them 14.0us before they start"));
  for (TrialRecord& record : records) record.littles_in_flight = 600;
  EXPECT_TRUE(is_only(sentences_on(records), "tasks wait for something that is not CPU time."));
}

TEST(LimitSentences, models_with_the_same_limit_share_a_sentence) {
  EXPECT_EQ(sentences_on(sample_io()),
            (Sentences{"eventloop and fibers reach 98 % of the ideal: the delay of each task is the limit (Little's "
                       "law: 1,000 in flight / 20.0ms = 50.0k/s).",
                       "threads is CPU-bound: both CPUs are busy (the model 0.99, the peer 0.70), and a "
                       "task costs 24.1us of CPU.",
                       "pool: 2 workers, each blocked for 20.1ms by one task: 99.5/s is the ceiling, however many "
                       "are in flight."}));
}

TEST(LimitSentences, workers_that_are_blocked_for_different_times_have_different_ceilings) {
  const Sample pool{.model = "pool",
                    .throughput_per_s = 189,
                    .response_us = 5'000'000 + 10'580,
                    .tail_us = 1,
                    .queueing_us = 5'000'000,
                    .cpu_per_task_us = 31,
                    .peer_cpu_share = 0};
  Sample slower = pool;
  slower.model = "python-processes";
  slower.throughput_per_s = 150;
  slower.response_us = 5'000'000 + 13'300;
  std::vector<TrialRecord> records = sample_repetitions(pool);
  append(records, sample_repetitions(slower));
  EXPECT_EQ(sentences_on(records),
            (Sentences{"pool and python-processes: 2 workers, each blocked for 10.6ms to 13.3ms by one task: 150/s to "
                       "189/s is the ceiling, however many are in flight."}));
}

// A Python task computes in Python: what it takes is no native model's.
TEST(LimitSentences, models_of_runtimes_whose_work_costs_differently_do_not_share_one) {
  std::vector<TrialRecord> records = sample_cpu_sweep();
  std::vector<TrialRecord> python = records;
  for (TrialRecord& record : python) {
    record.spec.model = record.spec.model == "sequential" ? "python-sequential" : "python-processes";
    record.spec.runtime_name = "python";
    record.throughput_per_s /= 40;
    record.ideal_per_s /= 40;
    record.demand_cpu_us *= 40;
  }
  append(records, python);
  const auto sentences = sentences_on(records);
  EXPECT_EQ(sentences.size(), 2U);
  for (const std::string& sentence : sentences) {
    EXPECT_EQ(has(sentence, "python-processes"), has(sentence, "18.4ms of CPU a task")) << sentence;
  }
}

TEST(LimitSentences, each_model_is_judged_at_its_best) {
  EXPECT_EQ(sentences_on(sample_cpu_sweep()),
            (Sentences{"pool and fibers reach 97 % to 98 % of the ideal: the work itself is the limit (461us of CPU a "
                       "task, on 2 CPUs = 4.34k/s)."}));
}

TEST(LimitSentences, the_baseline_speaks_only_where_it_is_alone) {
  std::vector<TrialRecord> records = sample_io();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.model != "sequential"; });
  EXPECT_TRUE(is_only(sentences_on(records), "sequential reaches 99 % of the ideal"));
}

TEST(LimitSentences, of_nothing_measured_nothing_is_said) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
  EXPECT_EQ(sentences_on({record}), Sentences());
}

TEST(LimitSentences, two_worker_counts_identify_no_law_and_nobody_asked) {
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
  EXPECT_EQ(blocks[0].laws, Sentences());
}

TEST(LimitSentences, what_holds_for_several_curves_is_said_once) {
  std::vector<TrialRecord> records;
  for (const char* model : {"pool", "fibers"}) {
    for (const std::uint32_t workers : {1U, 2U}) {
      for (const std::uint32_t concurrency : {10U, 100U}) {
        append(records, sample_repetitions({.model = model,
                                            .workers = workers,
                                            .concurrency = concurrency,
                                            .throughput_per_s = 48.0 * concurrency}));
      }
    }
  }
  auto blocks = blocks_of(records);
  add_laws(blocks[0]);
  ASSERT_EQ(blocks[0].laws.size(), 1U) << blocks[0].laws[0];
  EXPECT_TRUE(begins(blocks[0].laws[0], "fibers and pool: "));
}

}  // namespace
}  // namespace cbench
