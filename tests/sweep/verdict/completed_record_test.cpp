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

// Of a baseline that finished `tasks` within 2 s, of `in_all`, and took `service` for each of them.
TrialRecord record_of(const KnownWork& known, std::uint64_t tasks, std::uint64_t in_all,
                      std::chrono::nanoseconds service, bool is_baseline = true) {
  const TrialSpec spec{.model = "sequential",
                       .workload = "mine",
                       .load = {.concurrency = 1, .duration = 2s},
                       .is_baseline = is_baseline};
  const std::uint64_t begin_ns = 1'000'000'000;
  RecordEvent said{.status = ChildStatus::ok,
                   .tasks = tasks,
                   .tasks_total = in_all,
                   .fewest_of_a_slot = tasks,
                   .most_of_a_slot = tasks};
  said.slices = {tasks};
  said.queueing.record(0, tasks);
  said.service.record(static_cast<std::uint64_t>(service.count()), tasks);
  said.response.record(static_cast<std::uint64_t>(service.count()), tasks);
  const TrialOutcome outcome{.status = Status::ok,
                             .ready = ReadyEvent{},
                             .window = WindowEvent{.begin_ns = begin_ns, .end_ns = begin_ns + 2'000'000'000},
                             .record = said,
                             .measures = {.complete = true, .elapsed_s = 2, .cpu_s = 0.01},
                             .started_ns = 1,
                             .heard_ns = begin_ns + 2'100'000'000};
  TrialRecord record = completed_record(spec, known, outcome, {});
  EXPECT_EQ(record.status, Status::ok) << record.reason;
  return record;
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
