// No two tasks inside the same lock. Load::enter and leave, which the walks call, find every intruder.
#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

TEST_P(contract, only_one_task_is_inside_a_lock) {
  const Outcome outcome = run({.scripts = {critical(0, compute(Kernel::mix, 300))}, .slots = 16, .tasks = 5000});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 5000);
}

TEST_P(contract, a_lock_is_kept_through_a_wait) {
  constexpr std::uint32_t tasks = 20;
  constexpr std::chrono::nanoseconds time = 2ms;
  const Outcome outcome = run({.scripts = {critical(0, wait(time))}, .slots = tasks, .tasks = tasks});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.elapsed, tasks * time * 99 / 100);
}

TEST_P(contract, a_lock_is_kept_through_a_request) {
  constexpr std::uint32_t tasks = 20;
  constexpr std::chrono::nanoseconds delay = 2ms;
  const Outcome outcome = run({.scripts = {critical(0, request(64, delay))}, .slots = tasks, .tasks = tasks});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.elapsed, tasks * delay * 99 / 100);
}

TEST_P(contract, a_lock_is_kept_through_a_fan_out) {
  constexpr std::uint32_t tasks = 10;
  constexpr std::chrono::nanoseconds time = 2ms;
  const Outcome outcome =
      run({.scripts = {critical(0, fan_out(3, sequence({wait(time), critical(1, compute(Kernel::mix, 10))})))},
           .slots = tasks,
           .tasks = tasks});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.elapsed, tasks * time * 99 / 100);
}

Plan branches_that_contend(std::uint32_t workers) {
  const Steps some = compute(Kernel::mix, 100);
  const Steps branch = sequence({some, critical(0, sequence({wait(100us), some}))});
  return {.scripts = {fan_out(10, branch)}, .workers = workers, .slots = 4, .tasks = 40};
}

TEST_P(contract, branches_of_one_task_exclude_each_other_on_one_worker) {
  const Outcome outcome = run(branches_that_contend(1));
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.elapsed, 40 * 10 * 100us * 99 / 100);
}

TEST_P(contract, branches_of_one_task_exclude_each_other_on_two_workers) {
  const Outcome outcome = run(branches_that_contend(2));
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.elapsed, 40 * 10 * 100us * 99 / 100);
}

Plan locks_inside_locks(std::uint32_t workers) {
  const Steps some = sequence({compute(Kernel::mix, 10), wait(50us)});
  const Steps inside_0 = sequence({some, critical(1, critical(2, critical(3, some))), critical(1, some)});
  return {.scripts = {sequence({critical(0, inside_0), critical(3, some), critical(0, some)})},
          .workers = workers,
          .slots = 8,
          .tasks = 100};
}

TEST_P(contract, locks_inside_locks_are_given_back_on_one_worker) {
  const Outcome outcome = run(locks_inside_locks(1));
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 100);
}

TEST_P(contract, locks_inside_locks_are_given_back_on_two_workers) {
  const Outcome outcome = run(locks_inside_locks(2));
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 100);
}

// Tasks that wait for different locks do not wait for each other.
TEST_P(contract, different_locks_do_not_exclude_each_other) {
  std::vector<Steps> scripts;
  for (std::uint32_t lock = 0; lock < 8; ++lock) scripts.push_back(critical(lock, wait(50ms)));
  expect_overlap({.scripts = scripts, .slots = 8, .tasks = 8}, 8, 50ms);
}

// Whoever waits for a lock must not keep its worker from whoever holds the lock.
TEST_P(contract, a_lock_waited_for_by_many_holds_up_nobody_else) {
  const Outcome outcome = run({.scripts = {critical(0, wait(500us)), wait(500us), compute(Kernel::mix, 100)},
                               .workers = 1,
                               .slots = 30,
                               .tasks = 300});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 300);
}

TEST_P(contract, a_lock_outlives_many_trials_worth_of_contention) {
  std::vector<Steps> scripts;
  for (std::uint32_t lock = 0; lock < 3; ++lock) {
    scripts.push_back(
        sequence({critical(lock, compute(Kernel::mix, 50)), critical((lock + 1) % 3, compute(Kernel::mix, 50))}));
  }
  const Outcome outcome = run({.scripts = scripts, .slots = 64, .tasks = 6000});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 6000);
}

}  // namespace
}  // namespace cbench::contract_tests
