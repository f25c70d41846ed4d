// The limit that stands beside every result.
#include "reports/findings/ideal.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TrialRecord record_of(const std::string& model, std::uint32_t workers, std::uint32_t concurrency, double throughput) {
  TrialRecord record;
  record.spec = {.model = model,
                 .workload = "io",
                 .load = {.concurrency = concurrency},
                 .workers = workers,
                 .is_baseline = model == "sequential"};
  record.status = Status::ok;
  record.throughput_per_s = throughput;
  record.host.cpus_allowed = 2;
  return record;
}

TEST(ideal, waiting_work_is_bound_by_the_tasks_in_flight) {
  // 1,000 in flight, 20 ms each: 50,000 a second, whatever the CPUs could do.
  EXPECT_NEAR(ideal_throughput({.cpu_us = 0, .wait_us = 20'000}, 2, 1000, 2), 50'000, 1e-6);
  EXPECT_NEAR(ideal_throughput({.cpu_us = 5, .wait_us = 19'995}, 2, 1000, 2), 50'000, 1e-6);
}

TEST(ideal, computing_is_bound_by_the_cpus_that_may_be_used) {
  EXPECT_NEAR(ideal_throughput({.cpu_us = 500, .wait_us = 0}, 2, 64, 2), 4'000, 1e-6);
  EXPECT_NEAR(ideal_throughput({.cpu_us = 500, .wait_us = 0}, 8, 64, 2), 4'000, 1e-6);
  EXPECT_NEAR(ideal_throughput({.cpu_us = 500, .wait_us = 0}, 8, 64, 1.5), 3'000, 1e-6);
}

TEST(ideal, branches_side_by_side_shorten_the_path_but_not_the_work) {
  EXPECT_NEAR(ideal_throughput({.cpu_us = 0, .wait_us = 200'000, .path_us = 40'000}, 8, 1, 2), 25, 1e-6);
  EXPECT_NEAR(ideal_throughput({.cpu_us = 1000, .wait_us = 0, .path_us = 100}, 2, 1, 2), 2'000, 1e-6);
}

TEST(ideal, a_quota_counts_where_it_is_less_than_the_affinity) {
  EXPECT_DOUBLE_EQ(cpus_usable({.cpus_allowed = 8}), 8);
  EXPECT_DOUBLE_EQ(cpus_usable({.cpus_allowed = 8, .cpu_quota = 1.5}), 1.5);
  EXPECT_DOUBLE_EQ(cpus_usable({.cpus_allowed = 1, .cpu_quota = 4}), 1);
}

// 100 tasks of 20 ms in 1,000 slots: 5,000 a second, and not the 50,000 of as many tasks as slots.
TEST(ideal, of_fewer_tasks_than_slots_some_slots_have_none) {
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 50);
  baseline.demand_wait_us = 20'000;
  ideals.apply(baseline);
  TrialRecord few = record_of("fibers", 2, 1000, 4'900);
  few.spec.load.kind = LoadKind::fixed;
  few.spec.load.tasks = 100;
  ideals.apply(few);
  EXPECT_NEAR(few.ideal_per_s, 5'000, 1e-6);
  EXPECT_NEAR(few.efficiency, 0.98, 1e-9);
  few.spec.load.tasks = 10'000;
  ideals.apply(few);
  EXPECT_NEAR(few.ideal_per_s, 50'000, 1e-6);
}

LoadSpec fixed(std::uint64_t tasks, std::uint32_t slots) {
  return {.kind = LoadKind::fixed, .concurrency = slots, .tasks = tasks};
}

// 30 tasks of 50 ms in 20 places take two rounds, whatever the model.
TEST(ideal, of_equal_tasks_ends_with_a_round_that_is_not_full) {
  const Demands equal{.wait_us = 50'000, .shortest_us = 50'000};
  EXPECT_NEAR(ideal_throughput(equal, 2, fixed(30, 20), 2), 300, 1e-6);
  EXPECT_NEAR(ideal_throughput(equal, 2, fixed(40, 20), 2), 400, 1e-6);
  EXPECT_NEAR(ideal_throughput(equal, 2, fixed(7, 20), 2), 140, 1e-6);
  EXPECT_NEAR(ideal_throughput(equal, 2, fixed(100'001, 20), 2), 400, 0.1);
  EXPECT_NEAR(ideal_throughput(equal, 2, LoadSpec{.concurrency = 20}, 2), 400, 1e-6);
}

// 29 tasks of 10 ms and one of 300: in 30 places they take 300 ms, in 20 no longer.
TEST(ideal, of_unequal_tasks_counts_the_shortest_in_the_fullest_slot) {
  const Demands unequal{.wait_us = (29 * 10'000 + 300'000) / 30.0, .shortest_us = 10'000};
  EXPECT_FALSE(unequal.alike());
  EXPECT_GE(ideal_throughput(unequal, 2, fixed(30, 20), 2), 30 / 0.3);
  const Demands unknown{.wait_us = 50'000};
  EXPECT_FALSE(unknown.alike());
  EXPECT_NEAR(ideal_throughput(unknown, 2, fixed(30, 20), 2), 400, 1e-6);
  const Demands branches{.wait_us = 100'000, .path_us = 20'000, .shortest_us = 100'000};
  EXPECT_NEAR(ideal_throughput(branches, 2, fixed(30, 20), 2), 1'000, 1e-6) << "which is known of no chain";
}

TEST(ideal, a_baseline_tells_its_shortest_task) {
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 20);
  baseline.demand_wait_us = 50'000;
  baseline.demand_shortest_us = 50'000;
  ideals.apply(baseline);
  TrialRecord few = record_of("eventloop", 2, 20, 298);
  few.spec.load = fixed(30, 20);
  ideals.apply(few);
  EXPECT_NEAR(few.ideal_per_s, 300, 1e-6);
  EXPECT_EQ(few.demand_shortest_us, 50'000);
}

// Of 1 % of tasks that take a second a window of 500 ms holds none: what the others took is no mean.
TEST(ideal, a_baseline_that_finished_no_task_once_has_met_the_short_ones_alone) {
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 50);
  baseline.demand_wait_us = 1'000;
  ideals.apply(baseline);
  TrialRecord empty = record_of("sequential", 1, 1, 0);
  empty.status = Status::failed;
  empty.reason = "no task finished within 500ms; give a longer --duration";
  ideals.apply(empty);
  TrialRecord next = record_of("fibers", 1, 10, 500);
  ideals.apply(next);
  EXPECT_EQ(next.ideal_per_s, 0);
  EXPECT_EQ(next.efficiency, 0);
}

TEST(ideal, demands_are_learnt_from_sequential_and_applied_to_the_same_work_only) {
  Ideals ideals;
  TrialRecord early = record_of("fibers", 1, 10, 100);
  ideals.apply(early);
  EXPECT_EQ(early.ideal_per_s, 0) << "nothing is known yet";

  TrialRecord baseline = record_of("sequential", 1, 1, 99);
  baseline.demand_cpu_us = 10;
  baseline.demand_wait_us = 9990;
  ideals.apply(baseline);
  EXPECT_NEAR(baseline.ideal_per_s, 100, 1e-9);
  EXPECT_NEAR(baseline.efficiency, 0.99, 1e-9);

  TrialRecord same = record_of("fibers", 1, 10, 500);
  ideals.apply(same);
  EXPECT_NEAR(same.ideal_per_s, 1000, 1e-9);
  EXPECT_NEAR(same.efficiency, 0.5, 1e-9);

  TrialRecord other = record_of("fibers", 1, 10, 500);
  other.spec.parameters["delay"] = "1s";
  ideals.apply(other);
  EXPECT_EQ(other.ideal_per_s, 0) << "other parameters are other work";
}

TEST(ideal, a_repetition_of_the_baseline_that_knows_no_demand_counts_for_nothing) {
  Ideals ideals;
  for (const double cpu_us : {10.0, 0.0}) {
    TrialRecord baseline = record_of("sequential", 1, 1, 99);
    baseline.demand_cpu_us = cpu_us;
    baseline.demand_path_us = 5;  // of the branches, which is known without
    ideals.apply(baseline);
    EXPECT_EQ(baseline.ideal_per_s > 0, cpu_us > 0);
  }
  TrialRecord other = record_of("fibers", 1, 10, 500);
  ideals.apply(other);
  EXPECT_DOUBLE_EQ(other.demand_cpu_us, 10);
}

TEST(ideal, every_repetition_of_the_baseline_counts_and_keeps_its_own_demands) {
  Ideals ideals;
  for (const auto& [cpu_us, wait_us] : {std::pair(4.0, 9'990.0), std::pair(16.0, 11'990.0)}) {
    TrialRecord baseline = record_of("sequential", 1, 1, 90);
    baseline.demand_cpu_us = cpu_us;
    baseline.demand_wait_us = wait_us;
    ideals.apply(baseline);
    EXPECT_EQ(baseline.demand_wait_us, wait_us);
    EXPECT_NEAR(baseline.ideal_per_s, 1e6 / (wait_us + cpu_us), 1e-9);
  }
  TrialRecord other = record_of("fibers", 1, 11, 500);
  ideals.apply(other);
  EXPECT_NEAR(other.demand_cpu_us, 10, 1e-9);
  EXPECT_NEAR(other.demand_wait_us, 10'990, 1e-9);
  EXPECT_NEAR(other.ideal_per_s, 1'000, 1e-9);
}

TEST(ideal, a_chain_of_its_own_is_not_the_baselines) {
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 50);
  baseline.demand_wait_us = 20'000;
  baseline.demand_path_us = 20'000;
  ideals.apply(baseline);
  TrialRecord cut_for_16 = record_of("fibers", 16, 1, 160);
  cut_for_16.demand_path_us = 5'250;
  ideals.apply(cut_for_16);
  EXPECT_NEAR(cut_for_16.ideal_per_s, 1e6 / 5'250, 1e-9);
  TrialRecord of_another_language = record_of("go", 16, 1, 40);
  ideals.apply(of_another_language);
  EXPECT_NEAR(of_another_language.ideal_per_s, 50, 1e-9) << "what it does not know itself";
}

TEST(ideal, a_lock_serves_one_task_at_a_time) {
  EXPECT_NEAR(ideal_throughput({.cpu_us = 10, .wait_us = 1'990, .lock_us = 1'800}, 2, 64, 2), 1e6 / 1'800, 1e-9);
  EXPECT_NEAR(ideal_throughput({.cpu_us = 10, .wait_us = 1'990, .lock_us = 20}, 2, 64, 2), 32'000, 1e-6);
  EXPECT_EQ(ideal_throughput({.lock_us = 20}, 2, 64, 2), 0) << "what a task asks for beside the lock is not known";
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 500);
  baseline.demand_wait_us = 2'000;
  baseline.demand_lock_us = 1'800;
  ideals.apply(baseline);
  EXPECT_NEAR(baseline.ideal_per_s, 500, 1e-9);
  TrialRecord other = record_of("fibers", 2, 64, 500);
  other.demand_lock_us = 1'800;
  ideals.apply(other);
  EXPECT_NEAR(other.ideal_per_s, 1e6 / 1'800, 1e-9);
  EXPECT_NEAR(other.efficiency, 0.9, 1e-9);
}

TEST(ideal, a_failed_baseline_teaches_nothing) {
  Ideals ideals;
  TrialRecord baseline = record_of("sequential", 1, 1, 0);
  baseline.status = Status::failed;
  baseline.demand_wait_us = 5;
  ideals.apply(baseline);
  TrialRecord next = record_of("fibers", 1, 10, 500);
  ideals.apply(next);
  EXPECT_EQ(next.ideal_per_s, 0);
}

}  // namespace
}  // namespace cbench
