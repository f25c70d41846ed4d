// How tasks come to a model and end: fixed work, windows, draining, many at once.
#include <algorithm>
#include <numeric>
#include <thread>

#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

Steps short_compute() { return compute(Kernel::mix, 100); }

std::uint64_t sum_over_slots(const Outcome& outcome) {
  return std::accumulate(outcome.finished_by_slot.begin(), outcome.finished_by_slot.end(), std::uint64_t{0});
}

TEST_P(contract, runs_every_task_of_fixed_work_once) {
  const Outcome outcome = run({.scripts = {short_compute()}, .slots = 16, .tasks = 1000});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 1000);
  EXPECT_EQ(outcome.queueing.total(), 1000);
  EXPECT_EQ(outcome.service.total(), 1000);
  EXPECT_EQ(outcome.response.total(), 1000);
  EXPECT_EQ(sum_over_slots(outcome), 1000);
}

TEST_P(contract, runs_fewer_tasks_than_there_are_slots) {
  const Outcome outcome = run({.scripts = {short_compute()}, .slots = 16, .tasks = 3});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 3);
}

TEST_P(contract, runs_empty_scripts) {
  const Outcome outcome = run({.scripts = {Steps{}}, .slots = 64, .tasks = 5000});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 5000);
}

TEST_P(contract, runs_each_of_several_scripts) {
  const Outcome outcome = run({.scripts = {short_compute(), wait(1ms), Steps{}, critical(0, short_compute()),
                                           fan_out(3, short_compute()), compute(Kernel::primes, 1000)},
                               .slots = 5,
                               .tasks = 60});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 60);
}

TEST_P(contract, brings_successors_until_the_window_closes) {
  const Outcome outcome = run({.scripts = {wait(1ms)}, .slots = 4, .window = patience * 100ms});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GT(outcome.response.total(), 4);
  EXPECT_GE(outcome.elapsed, patience * 99ms);
  EXPECT_GE(outcome.finished, outcome.response.total()) << "those that end after the window are not recorded";
  EXPECT_LE(outcome.finished, outcome.response.total() + 4);
}

TEST_P(contract, ends_when_the_load_is_stopped) {
  Trial trial(GetParam(), {.scripts = {wait(1ms)}, .slots = 8});
  trial.start();
  std::this_thread::sleep_for(20ms);
  trial.load().stop();
  EXPECT_TRUE(did_its_work(trial.finish()));
}

TEST_P(contract, drains_at_once_where_nothing_was_submitted) {
  Trial trial(GetParam(), {.scripts = {wait(1s)}, .slots = 8});
  trial.model().drain();
  EXPECT_EQ(trial.load().recorder().finished(), 0);
}

TEST_P(contract, drains_again_after_a_drain) {
  Trial trial(GetParam(), {.scripts = {short_compute()}, .slots = 8, .tasks = 100});
  trial.start();
  trial.model().drain();
  EXPECT_EQ(trial.load().recorder().finished(), 100);
  EXPECT_EQ(trial.finish().finished, 100);
}

TEST_P(contract, takes_more_tasks_after_a_drain) {
  const std::uint32_t slots = std::min(8U, GetParam().info->most_in_flight);
  Trial trial(GetParam(), {.scripts = {wait(1ms)}, .slots = slots, .tasks = slots});
  const std::vector<Task> tasks = trial.first_tasks();  // all there are: nobody brings a successor
  std::uint64_t submitted = 0;
  for (const Task& task : tasks) {
    trial.model().submit(task);
    trial.model().drain();
    EXPECT_EQ(trial.load().recorder().finished(), ++submitted);
  }
  EXPECT_TRUE(did_its_work(trial.finish()));
}

TEST_P(contract, drain_returns_only_when_every_task_is_over) {
  Trial trial(GetParam(), {.scripts = {sequence({wait(5ms), fan_out(4, wait(5ms))})}, .slots = 20, .tasks = 40});
  trial.start();
  trial.model().drain();
  EXPECT_EQ(trial.load().recorder().finished(), 40);
}

TEST_P(contract, takes_tasks_from_several_threads_at_once) {
  Trial trial(GetParam(), {.scripts = {short_compute()}, .slots = 400, .tasks = 4000});
  const std::vector<Task> tasks = trial.first_tasks();
  constexpr std::size_t submitters = 4;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < submitters; ++i) {
    threads.emplace_back([&, i] {
      for (std::size_t at = i; at < tasks.size(); at += submitters) trial.model().submit(tasks[at]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Outcome outcome = trial.finish();
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 4000);
}

TEST_P(contract, holds_ten_thousand_tasks_in_flight) {
  constexpr std::uint32_t wanted = 10'000;
  Trial trial(GetParam(), {.scripts = {wait(20ms)}, .slots = 1, .tasks = 1});
  const std::uint32_t at_once = std::min(wanted, trial.model().most_waiting());
  // Where few wait at once the others queue: the waits are so short that all have had their turn within a second.
  const auto time = std::max<std::chrono::nanoseconds>(at_once * 300ms / wanted, 10us);
  trial.start();
  trial.finish();
  trial.end_model();
  const Outcome outcome = run({.scripts = {wait(time)}, .slots = wanted, .tasks = wanted});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, wanted);
}

// A worker that went on with the successor of its own task would leave the other slots waiting.
TEST_P(contract, a_successor_waits_for_its_turn) {
  const Outcome outcome =
      run({.scripts = {compute(Kernel::primes, 2000)}, .workers = 1, .slots = 4, .window = 300ms + lookups});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GT(outcome.slot_spread, 0) << "a slot finished no task at all";
  EXPECT_LT(outcome.slot_spread, 20);
}

// One task on each worker: none of them waits in a queue until another is done.
TEST_P(contract, computes_on_every_worker_at_once) {
  const std::uint32_t workers = std::min(2U, GetParam().info->most_workers);
  constexpr std::uint64_t longer_than_lookups = lookups > 0ms ? 400'000'000 : 40'000'000;
  const Outcome outcome = run(
      {.scripts = {compute(Kernel::mix, longer_than_lookups)}, .workers = workers, .slots = workers, .tasks = workers});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_LT(outcome.queueing.largest(), outcome.service.smallest() / 2);
}

// Tasks that wait for a CPU wait in a queue, whichever of the model's queues that is: the time is not their service.
TEST_P(contract, tasks_that_wait_for_a_worker_are_not_in_service) {
  if (GetParam().info->shares_cpus) GTEST_SKIP() << "the kernel switches between its tasks";
  constexpr std::uint32_t crowd = 8;
  const Steps some_ms = compute(Kernel::mix, 1'000'000);
  for (int tries = 3; tries > 0; --tries) {
    const Outcome alone = run({.scripts = {some_ms}, .workers = 1, .slots = 1, .tasks = 10});
    const Outcome crowded = run({.scripts = {some_ms}, .workers = 1, .slots = crowd, .tasks = 10 * crowd});
    EXPECT_TRUE(did_its_work(crowded));
    const std::uint64_t takes = alone.service.quantile(0.5);
    const bool is_served_alone = crowded.service.quantile(0.5) < crowd / 2 * takes;
    const bool queues = crowded.finished_by_slot.size() < crowd || crowded.queueing.quantile(0.5) > crowd / 2 * takes;
    if (is_served_alone && queues) return;
    if (tries == 1) {
      ADD_FAILURE() << "a task takes " << takes << " ns alone; among " << crowd << " it is served for "
                    << crowded.service.quantile(0.5) << " ns after " << crowded.queueing.quantile(0.5)
                    << " ns in a queue";
    }
  }
}

// An open load has the next task to bring while the worker is busy, whatever is in its queues already.
TEST_P(contract, submitting_a_task_waits_for_no_other) {
  constexpr auto time = 500ms + 2 * lookups;
  Trial trial(GetParam(), {.scripts = {wait(time)}, .workers = 1, .slots = 100, .tasks = 100});
  const std::vector<Task> tasks = trial.first_tasks();
  const auto before = std::chrono::steady_clock::now();
  for (const Task& task : tasks) trial.model().submit(task);
  EXPECT_LT(std::chrono::steady_clock::now() - before, time / 2);
  trial.load().stop();  // those that have not begun yet need not
  trial.finish();
}

TEST_P(contract, says_how_many_units_it_created) {
  Trial trial(GetParam(), {.scripts = {short_compute()}, .slots = 8, .tasks = 800});
  trial.start();
  const Outcome outcome = trial.finish();
  EXPECT_GT(outcome.units, 0);
  EXPECT_EQ(trial.model().units_created(), outcome.units);
}

TEST_P(contract, queueing_and_service_add_up_to_the_response) {
  const Outcome outcome = run({.scripts = {wait(2ms)}, .slots = 8, .tasks = 80});
  EXPECT_NEAR(outcome.queueing.mean() + outcome.service.mean(), outcome.response.mean(),
              outcome.response.mean() * 0.01);
}

}  // namespace
}  // namespace cbench::contract_tests
