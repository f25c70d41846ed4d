// The demands of a record: what the baseline measured, and what is known of the scripts.
#include "sweep/verdict/completed_record.hpp"

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

KnownWork known(Work work) {
  LeastDemand least = least_demand(work);
  return {.work = std::move(work), .least = std::move(least)};
}

// Of a trial whose window, or makespan, is that long.
TrialRecord record_of(const KnownWork& known, const TrialSpec& spec, RecordEvent said,
                      std::chrono::nanoseconds window) {
  const std::uint64_t begin_ns = 1'000'000'000;
  const std::uint64_t end_ns = begin_ns + static_cast<std::uint64_t>(window.count());
  const bool is_fixed = spec.load.kind == LoadKind::fixed;
  said.status = ChildStatus::ok;
  said.fewest_of_a_slot = said.most_of_a_slot = said.tasks;
  if (is_fixed) said.finish_ns = end_ns;
  if (!is_fixed && said.slices.empty()) said.slices = {said.tasks};
  said.queueing.record(0, said.tasks);
  said.response = said.service;
  const TrialOutcome outcome{
      .status = Status::ok,
      .ready = ReadyEvent{},
      .window = WindowEvent{.begin_ns = begin_ns, .end_ns = is_fixed ? std::nullopt : std::optional(end_ns)},
      .record = std::move(said),
      .measures = {.complete = true, .elapsed_s = std::chrono::duration<double>(window).count(), .cpu_s = 0.01},
      .started_ns = 1,
      .heard_ns = end_ns + 100'000'000};
  TrialRecord record = completed_record(spec, known, outcome, {});
  EXPECT_EQ(record.status, Status::ok) << record.reason;
  return record;
}

// Of a closed load of which `tasks` finished within 2 s, of `in_all`, that took `service` each.
TrialRecord record_of(const KnownWork& known, std::uint64_t tasks, std::uint64_t in_all,
                      std::chrono::nanoseconds service, bool is_baseline = true) {
  const TrialSpec spec{.load = {.concurrency = 1, .duration = 2s}, .is_baseline = is_baseline};
  RecordEvent said{.tasks = tasks, .tasks_total = in_all};
  said.service.record(static_cast<std::uint64_t>(service.count()), tasks);
  return record_of(known, spec, std::move(said), 2s);
}

// Of a baseline of `asked` tasks, of which it did so many itself, that took 60 us more than their scripts wait.
TrialRecord record_of_fixed_work(const KnownWork& known, std::uint64_t tasks, std::uint64_t asked) {
  TrialSpec spec{
      .load = {.kind = LoadKind::fixed, .concurrency = 1, .tasks = tasks}, .is_baseline = true, .unasked = true};
  spec.tasks_asked = asked;
  RecordEvent said{.tasks = tasks, .tasks_total = tasks};
  std::chrono::nanoseconds makespan{};
  for (std::uint64_t turn = 0; turn < tasks; ++turn) {
    const Work& work = known.work;
    const std::chrono::nanoseconds time = waiting_of(work.script(work.script_of(turn % work.turns()))) + 60us;
    said.service.record(static_cast<std::uint64_t>(time.count()));
    makespan += time;
  }
  return record_of(known, spec, std::move(said), makespan);
}

constexpr double step = 1.0 / 1024;  // of a histogram

// Nine turns of 10 ms and one of 110 ms: 20 ms on average, whichever of them a short trial meets.
TEST(demands, of_waits_are_the_scripts_mean_and_what_was_measured_beyond_it) {
  const KnownWork work = known(Work({wait(10ms), wait(110ms)}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_NEAR(record_of(work, 5, 7, 10'060us).demand_wait_us, 20'060, 10'060 * step);
  EXPECT_NEAR(record_of(work, 5, 10, 30'060us).demand_wait_us, 20'060, 30'060 * step)
      << "the long one was under way as the warm-up ended";
  EXPECT_NEAR(record_of(work, 5, 11, 30'060us).demand_wait_us, 20'060, 30'060 * step);
  EXPECT_NEAR(record_of(work, 5, 15, 30'060us).demand_wait_us, 20'060, 30'060 * step)
      << "and another, which ended after the window, is among all";
  EXPECT_NEAR(record_of(work, 1, 10, 110'060us).demand_wait_us, 20'060, 110'060 * step);
  EXPECT_NEAR(record_of(work, 25, 26, 18'060us).demand_wait_us, 20'060, 18'060 * step);
}

// Of fixed work that is over before all turns have come, the mean of those that come.
TEST(demands, of_fixed_work_are_those_of_the_tasks_that_are_asked_for) {
  const KnownWork work = known(Work({wait(10ms), wait(110ms)}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_NEAR(record_of_fixed_work(work, 5, 5).demand_wait_us, 10'060, 10'060 * step);
  EXPECT_NEAR(record_of_fixed_work(work, 20, 20).demand_wait_us, 20'060, 20'060 * step);
  EXPECT_NEAR(record_of_fixed_work(work, 5, 20).demand_wait_us, 20'060, 10'060 * step) << "the baseline did fewer";
  EXPECT_NEAR(record_of_fixed_work(work, 20, 5).demand_wait_us, 10'060, 20'060 * step) << "or more, to be timed";
}

TEST(demands, the_shortest_task_is_that_of_all_asked_for) {
  const KnownWork work = known(Work({wait(110ms), wait(10ms)}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_NEAR(record_of_fixed_work(work, 5, 5).demand_shortest_us, 110'060, 110'060 * step);
  EXPECT_NEAR(record_of_fixed_work(work, 5, 9).demand_shortest_us, 110'060, 110'060 * step);
  EXPECT_NEAR(record_of_fixed_work(work, 5, 10).demand_shortest_us, 10'000, 1e-6) << "which the baseline has not met";
  EXPECT_NEAR(record_of_fixed_work(work, 10, 10).demand_shortest_us, 10'060, 10'060 * step);
  EXPECT_NEAR(record_of(work, 5, 5, 110'060us).demand_shortest_us, 10'000, 1e-6);
}

// A window of two seconds meets 12 tasks of 10 ms and part of one of 2 s: that is not 99 tasks a second.
TEST(throughput, of_one_task_in_flight_is_that_of_all_kinds_as_often_as_they_come) {
  const KnownWork work = known(Work({wait(10ms), wait(110ms)}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_NEAR(record_of(work, 5, 7, 10'060us).throughput_per_s, 1e6 / 20'060, 0.1);
  EXPECT_NEAR(record_of(work, 5, 7, 10'060us, false).throughput_per_s, 1e6 / 20'060, 0.1);
  EXPECT_NEAR(record_of(work, 1, 10, 110'060us).throughput_per_s, 1e6 / 20'060, 0.1);
  EXPECT_NEAR(record_of(known(Work({wait(10ms)})), 197, 200, 10'060us).throughput_per_s, 1e6 / 10'060, 0.1);
  EXPECT_NEAR(record_of_fixed_work(work, 5, 20).throughput_per_s, 1e6 / 20'060, 0.1);
  EXPECT_NEAR(record_of_fixed_work(work, 5, 5).throughput_per_s, 1e6 / 10'060, 0.1);
}

// Of a hundred slots those that meet both long tasks finish fewer, whatever the model.
TEST(slot_spread, is_what_the_order_does_not_make) {
  std::vector<std::uint32_t> order(200);
  order[98] = order[101] = 1;
  const KnownWork work = known(Work({wait(5ms), wait(200ms)}, {}, order));
  const TrialSpec spec{.load = {.concurrency = 100, .duration = 1s}};
  const auto spread_of = [&](std::uint64_t fewest, std::uint64_t most) {
    RecordEvent said{.status = ChildStatus::ok,
                     .tasks = 10'000,
                     .tasks_total = 10'000,
                     .fewest_of_a_slot = fewest,
                     .most_of_a_slot = most};
    said.response.record(5'000'000, 9'900);
    said.response.record(200'000'000, 100);
    const TrialOutcome outcome{.status = Status::ok,
                               .ready = ReadyEvent{},
                               .window = WindowEvent{.begin_ns = 1'000'000'000, .end_ns = 2'000'000'000},
                               .record = std::move(said),
                               .started_ns = 1,
                               .heard_ns = 2'100'000'000};
    return completed_record(spec, work, outcome, {}).slot_spread;
  };
  EXPECT_NEAR(spread_of(121, 197), 1, 0.1);
  EXPECT_GT(spread_of(20, 400), 5);
  EXPECT_EQ(spread_of(0, 197), 0) << "there was time for 121";
}

// One at a time, of tasks of 5 ms some of which wait for half a second: the throughput stops again and again.
TEST(steady_state, is_not_told_by_a_window_of_few_long_tasks) {
  const TrialSpec spec{.load = {.concurrency = 1, .duration = 2s}};
  const auto is_told = [&](const KnownWork& known, std::uint64_t quick, std::uint64_t slow) {
    RecordEvent said{.tasks = quick + slow, .tasks_total = quick + slow};
    said.service.record(5'000'000, quick);
    said.service.record(500'000'000, slow);
    said.slices = std::vector<std::uint64_t>(20, said.tasks / 20);
    return record_of(known, spec, std::move(said), 2s).steady_state.has_value();
  };
  std::vector<std::uint32_t> order(100);
  order[50] = 1;
  EXPECT_TRUE(is_told(known(Work({wait(5ms)})), 400, 0));
  EXPECT_FALSE(is_told(known(Work({wait(5ms), wait(500ms)}, {}, order)), 198, 2));
}

TEST(demands, of_branches_that_make_requests_hold_what_these_take_beyond_their_delay) {
  const Steps plain = request(64, 0ns);
  const Steps with_an_empty_one = sequence({request(64, 0ns), fan_out(1, {})});
  const Steps four_at_once = fan_out(4, request(64, 10ms));
  const double alone_us = record_of(known(Work({plain})), 30'000, 30'100, 60us).demand_wait_us;
  EXPECT_NEAR(alone_us, 60, 60 * step);
  EXPECT_NEAR(record_of(known(Work({with_an_empty_one})), 30'000, 30'100, 60us).demand_path_us, alone_us, 1e-6);
  EXPECT_NEAR(record_of(known(Work({four_at_once})), 45, 46, 40'400us).demand_path_us, 10'100, 40'400 * step);
  EXPECT_EQ(record_of(known(Work({four_at_once})), 45, 46, 40'400us, false).demand_path_us, 0)
      << "which the baseline alone can tell";
  EXPECT_NEAR(record_of(known(Work({fan_out(4, wait(10ms))})), 45, 46, 40'400us, false).demand_path_us, 10'000, 1e-6);
}

}  // namespace
}  // namespace cbench
