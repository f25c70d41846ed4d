// A task that throws fails the trial: the reason is kept, locks are given back, nothing hangs and nothing is lost.
#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

constexpr const char* reason = "the fault kernel ran";

Steps fault() { return compute(Kernel::fault, 0); }

// The failing task is over as well; those that had not begun yet may have been left out.
void expect_failure(const Outcome& outcome) {
  EXPECT_GE(outcome.finished, 1);

  EXPECT_NE(outcome.failure.find(reason), std::string::npos) << outcome.failure;
}

TEST_P(contract, a_task_that_throws_fails_the_trial) {
  const Outcome outcome = run({.scripts = {fault()}, .slots = 1, .tasks = 1});
  expect_failure(outcome);
  EXPECT_NE(outcome.failure.find("task 0"), std::string::npos) << "it does not name the task: " << outcome.failure;
  EXPECT_EQ(outcome.finished, 1);
}

TEST_P(contract, tasks_in_flight_end_when_another_throws) {
  const Outcome outcome = run({.scripts = {wait(10ms), sequence({wait(2ms), fault()})}, .slots = 10});
  expect_failure(outcome);
}

TEST_P(contract, every_task_may_throw) {
  const Outcome outcome = run({.scripts = {sequence({compute(Kernel::mix, 10), fault()})}, .slots = 100});
  expect_failure(outcome);
}

TEST_P(contract, a_task_that_throws_gives_its_locks_back) {
  const Steps inside = critical(0, sequence({wait(1ms), critical(1, fault())}));
  const Outcome outcome = run({.scripts = {inside}, .slots = 10});
  expect_failure(outcome);
}

TEST_P(contract, a_branch_that_throws_fails_its_task) {
  for (const std::uint32_t width : {1U, 4U}) {
    expect_failure(run({.scripts = {fan_out(width, sequence({wait(1ms), fault()}))}, .slots = 4, .tasks = 4}));
  }
}

TEST_P(contract, no_branch_outlives_its_task) {
  // The lock makes the branches throw one after the other: the task must not be over after the first.
  const Outcome outcome =
      run({.scripts = {fan_out(8, critical(0, sequence({wait(2ms), fault()})))}, .slots = 1, .tasks = 1});
  expect_failure(outcome);
  EXPECT_EQ(outcome.finished, 1);
  EXPECT_GE(outcome.elapsed, 8 * 2ms * 99 / 100);
}

Plan error_deep_inside(std::uint32_t workers) {
  const Steps branch = sequence({wait(100us), fan_out(2, critical(1, fan_out(2, fault())))});
  return {.scripts = {critical(0, fan_out(2, branch))}, .workers = workers, .slots = 6};
}

TEST_P(contract, an_error_climbs_out_of_nested_fan_outs_on_one_worker) {
  const Outcome outcome = run(error_deep_inside(1));
  expect_failure(outcome);
}

TEST_P(contract, an_error_climbs_out_of_nested_fan_outs_on_two_workers) {
  const Outcome outcome = run(error_deep_inside(2));
  expect_failure(outcome);
}

TEST_P(contract, a_step_after_one_that_throws_is_not_run) {
  const Outcome outcome = run({.scripts = {sequence({fault(), wait(1h)})}, .slots = 2, .tasks = 2});
  expect_failure(outcome);
}

}  // namespace
}  // namespace cbench::contract_tests
