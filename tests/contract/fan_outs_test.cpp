// A fan-out runs its body once for each branch, concurrently, and is over when the last branch is.
#include <algorithm>

#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

TEST_P(contract, runs_each_branch_of_a_fan_out_once) {
  for (const std::uint32_t width : {1U, 2U, 3U, 7U, 64U}) {
    const Outcome outcome = run({.scripts = {fan_out(width, compute(Kernel::mix, 20))}, .slots = 4, .tasks = 100});
    EXPECT_TRUE(did_its_work(outcome)) << width << " branches";
  }
}

TEST_P(contract, runs_thousands_of_branches) {
  const std::uint32_t width = sanitized || GetParam().info->most_in_flight == 1 ? 1000 : 3000;
  EXPECT_TRUE(did_its_work(run({.scripts = {fan_out(width, compute(Kernel::mix, 5))}, .slots = 1, .tasks = 3})));
}

TEST_P(contract, nested_fan_outs_end_on_one_worker) {
  const Steps leaf = compute(Kernel::mix, 5);
  const Steps steps =
      fan_out(3, sequence({leaf, fan_out(3, sequence({leaf, fan_out(3, sequence({leaf, fan_out(3, leaf)}))})), leaf}));
  EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .workers = 1, .slots = 4, .tasks = 20})));
}

TEST_P(contract, nested_fan_outs_end_on_two_workers) {
  const Steps leaf = sequence({compute(Kernel::mix, 5), wait(50us)});
  const Steps steps = fan_out(3, sequence({leaf, fan_out(3, sequence({leaf, fan_out(3, leaf)})), leaf}));
  EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .workers = 2, .slots = 4, .tasks = 20})));
}

TEST_P(contract, fan_outs_follow_one_another) {
  Steps steps;
  for (std::uint32_t i = 1; i <= 40; ++i) {
    const Steps part = fan_out(1 + i % 5, sequence({compute(Kernel::mix, i), wait(10us)}));
    steps.insert(steps.end(), part.begin(), part.end());
  }
  EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .slots = 4, .tasks = 20})));
}

TEST_P(contract, branches_wait_at_the_same_time) {
  expect_overlap({.scripts = {fan_out(8, wait(40ms))}, .slots = 1, .tasks = 1}, 8, 40ms);
}

TEST_P(contract, goes_on_only_when_the_last_branch_is_over) {
  // The lock makes the branches end one after the other.
  const Outcome outcome = run(
      {.scripts = {sequence({fan_out(5, critical(0, wait(2ms))), compute(Kernel::mix, 10)})}, .slots = 1, .tasks = 4});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GE(outcome.service.smallest(), 9'950'000);
}

TEST_P(contract, many_tasks_fan_out_at_once) {
  const Outcome outcome =
      run({.scripts = {fan_out(8, sequence({compute(Kernel::mix, 50), wait(100us), compute(Kernel::mix, 50)}))},
           .slots = 50,
           .tasks = 200});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 200);
}

}  // namespace
}  // namespace cbench::contract_tests
