// Slots and arrivals: no more in flight than there are slots, the first come first, nothing lost and nothing invented,
// whoever is slow.
#include "harness/arrival_queue.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

class CalibratedClock : public testing::Environment {
  void SetUp() override { ticks::calibrate(); }
};
const auto* const calibrated_clock = testing::AddGlobalTestEnvironment(new CalibratedClock);

Ticks in(std::chrono::nanoseconds time) { return ticks::from_ns(time); }

// A window that lies in the past as a whole: everything is due at once, and only what the test does has an order.
OpenTimes past(std::chrono::nanoseconds warmup, std::chrono::nanoseconds window) {
  OpenTimes times{.epoch = ticks::now() - in(warmup + window) - in(1s)};
  times.begin = times.epoch + in(warmup);
  times.end = times.begin + in(window);
  times.give_up = UINT64_MAX;
  return times;
}

constexpr ArrivalRule a_thousand{.rate_per_s = 1000, .poisson = false};

TEST(arrival_queue, gives_arrivals_to_free_slots_and_then_to_those_that_are_given_back) {
  ArrivalQueue queue(a_thousand, 2, false);
  queue.open(past(0ms, 5ms));  // arrivals 0 to 4
  const auto first = queue.bring();
  const auto second = queue.bring();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->number, 0U);
  EXPECT_EQ(second->number, 1U);
  EXPECT_NE(first->slot, second->slot);
  EXPECT_FALSE(queue.bring()) << "both slots are taken";
  const auto third = queue.end(*second, ticks::now(), true);
  ASSERT_TRUE(third);
  EXPECT_EQ(third->number, 2U) << "who has waited longest";
  EXPECT_EQ(third->slot, second->slot);
  EXPECT_EQ(third->due, queue.times().epoch + in(2ms)) << "it stays charged from when it was due";
  const auto fourth = queue.end(*first, ticks::now(), true);
  const auto fifth = queue.end(*third, ticks::now(), true);
  ASSERT_TRUE(fourth && fifth);
  EXPECT_FALSE(queue.end(*fourth, ticks::now(), true)) << "nobody waits, any more";
  EXPECT_FALSE(queue.end(*fifth, ticks::now(), true));
  EXPECT_FALSE(queue.bring());
  EXPECT_EQ(queue.next_due(), UINT64_MAX) << "the window has closed";
  const ArrivalCounts counts = queue.counts();
  EXPECT_EQ(counts.end.due, 5U);
  EXPECT_EQ(counts.late, 3U);
  EXPECT_EQ(counts.lag.total(), 2U);
  EXPECT_EQ(counts.dropped, 0U);
  EXPECT_EQ(counts.unfinished, 0U);
}

TEST(arrival_queue, sheds_what_finds_no_free_slot_where_that_was_asked_for) {
  ArrivalQueue queue(a_thousand, 1, true);
  queue.open(past(3ms, 5ms));
  const auto first = queue.bring();
  ASSERT_TRUE(first);
  EXPECT_FALSE(queue.bring());
  EXPECT_FALSE(queue.end(*first, ticks::now(), false)) << "nobody waits";
  const ArrivalCounts counts = queue.counts();
  EXPECT_EQ(counts.begin.due, 3U);
  EXPECT_EQ(counts.begin.shed, 2U);
  EXPECT_EQ(counts.end.due, 8U);
  EXPECT_EQ(counts.end.shed, 7U);
  EXPECT_EQ(counts.shed(), 5U);
  EXPECT_EQ(counts.late, 0U);
  EXPECT_EQ(counts.dropped, 0U);
}

TEST(arrival_queue, tells_when_the_next_arrival_is_due_even_while_others_wait) {
  ArrivalQueue queue({.rate_per_s = 100, .poisson = false}, 1, false);
  const Ticks epoch = ticks::now() - in(25ms);
  queue.open({.epoch = epoch, .begin = epoch, .end = epoch + in(10s), .give_up = UINT64_MAX});
  EXPECT_EQ(queue.next_due(), epoch);
  ASSERT_TRUE(queue.bring());
  EXPECT_FALSE(queue.bring());
  EXPECT_EQ(queue.next_due(), epoch + in(30ms)) << "0, 10 and 20 ms are due; two of them wait";
}

TEST(arrival_queue, gives_nobody_a_slot_after_it_was_stopped_or_has_given_up) {
  for (const bool stopped : {false, true}) {
    ArrivalQueue queue(a_thousand, 1, false);
    OpenTimes times = past(0ms, 10ms);
    if (!stopped) times.give_up = times.end;
    queue.open(times);
    const auto first = queue.bring();
    ASSERT_TRUE(first);
    if (stopped) queue.stop();
    EXPECT_FALSE(queue.end(*first, times.begin + in(5ms), true));
    const ArrivalCounts counts = queue.counts();
    EXPECT_EQ(counts.unfinished, 9U);
    EXPECT_EQ(counts.dropped, 9U);
    EXPECT_EQ(counts.late, 9U);
  }
}

TEST(arrival_queue, tasks_that_were_dropped_or_finished_too_late_are_counted) {
  ArrivalQueue queue(a_thousand, 2, false);
  queue.open(past(0ms, 2ms));
  const auto first = queue.bring();
  const auto second = queue.bring();
  ASSERT_TRUE(first && second);
  queue.drop(*first);
  queue.end(*second, ticks::now(), false);
  const ArrivalCounts counts = queue.counts();
  EXPECT_EQ(counts.unfinished, 2U);
  EXPECT_EQ(counts.dropped, 1U) << "the other one did finish";
}

TEST(arrival_queue, knows_the_mean_backlog_over_the_window) {
  ArrivalQueue queue({.rate_per_s = 100, .poisson = false}, 10, false);
  const OpenTimes times = past(20ms, 40ms);  // due at 0, 10 | 20, 30, 40, 50
  queue.open(times);
  std::vector<ArrivalQueue::Given> given;
  while (const auto one = queue.bring()) given.push_back(*one);
  ASSERT_EQ(given.size(), 6U);
  // Each takes 15 ms: so 1.5 of them are there at any time, but for the beginning.
  for (const auto& one : given) queue.end(one, one.due + in(15ms), true);
  const ArrivalCounts counts = queue.counts();
  EXPECT_EQ(counts.begin.backlog(), 1) << "that of 10 ms";
  EXPECT_EQ(counts.end.backlog(), 1) << "that of 50 ms";
  EXPECT_NEAR(counts.mean_backlog, 1.5, 0.001);
  EXPECT_EQ(counts.end.done - counts.begin.done, 4U) << "at 25, 35, 45 and 55 ms";
}

// Their times in the window, in ticks, add up to more than 64 bits hold.
TEST(arrival_queue, knows_the_mean_backlog_of_a_long_window_in_which_nobody_is_served) {
  ArrivalQueue queue({.rate_per_s = 100'000, .poisson = false}, 1, false);
  queue.open(past(0s, 300s));
  ASSERT_TRUE(queue.bring());
  const ArrivalCounts counts = queue.counts();
  EXPECT_EQ(counts.end.due, 30'000'000U);
  EXPECT_NEAR(counts.mean_backlog / 15'000'000, 1, 0.001);
}

// Workers that finish at random moments, a generator, and nobody who waits for anybody else.
void serve(ArrivalQueue& queue, std::deque<ArrivalQueue::Given>& tasks, std::mutex& mutex, const bool& over) {
  for (;;) {
    std::optional<ArrivalQueue::Given> task;
    {
      const std::lock_guard lock(mutex);
      if (tasks.empty() && over) return;
      if (!tasks.empty()) {
        task = tasks.front();
        tasks.pop_front();
      }
    }
    while (task) {
      if (task->number % 7 == 0) std::this_thread::sleep_for(100us);
      task = queue.end(*task, ticks::now(), true);
    }
  }
}

TEST(arrival_queue, loses_nothing_between_threads) {
  constexpr std::uint32_t slots = 3;
  ArrivalQueue queue({.rate_per_s = 50'000, .poisson = true, .seed = 3}, slots, false);
  OpenTimes times{.epoch = ticks::now() + in(1ms)};
  times.begin = times.epoch + in(50ms);
  times.end = times.begin + in(200ms);
  times.give_up = UINT64_MAX;
  queue.open(times);
  std::deque<ArrivalQueue::Given> tasks;
  std::mutex mutex;
  bool over = false;
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) workers.emplace_back([&] { serve(queue, tasks, mutex, over); });
  std::uint64_t most = 0;
  while (queue.next_due() != UINT64_MAX) {
    while (const auto task = queue.bring()) {
      const std::lock_guard lock(mutex);
      tasks.push_back(*task);
      most = std::max<std::uint64_t>(most, tasks.size());
    }
    std::this_thread::yield();
  }
  {
    const std::lock_guard lock(mutex);
    over = true;
  }
  for (std::thread& worker : workers) worker.join();
  const ArrivalCounts counts = queue.counts();
  EXPECT_LE(most, slots);
  EXPECT_EQ(counts.end.due, arrivals_before({.rate_per_s = 50'000, .poisson = true, .seed = 3}, 250ms));
  EXPECT_EQ(counts.dropped, 0U);
  EXPECT_EQ(counts.unfinished, 0U);
  EXPECT_EQ(counts.lag.total() + counts.late, counts.due());
  EXPECT_GE(counts.end.waiting(), 0);
  EXPECT_LE(counts.end.in_flight(), slots);
}

TEST(arrival_queue, is_one_for_all_forked_processes) {
  ArrivalQueue queue(a_thousand, 1, false);
  queue.open(past(0ms, 10ms));
  const auto first = queue.bring();
  ASSERT_TRUE(first);
  const pid_t child = fork();
  if (child == 0) {
    auto task = queue.end(*first, ticks::now(), true);
    for (int i = 0; i < 3 && task; ++i) task = queue.end(*task, ticks::now(), true);
    _exit(task && task->number == 4 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const auto next = queue.end({.number = 4, .slot = first->slot, .due = first->due}, ticks::now(), true);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->number, 5U);
}

}  // namespace
}  // namespace cbench
