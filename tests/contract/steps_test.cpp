// What each kind of step must do, alone and inside others: its share of the digest, and its order.
#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

Steps short_compute() { return compute(Kernel::mix, 100); }

// Every kind of step in every kind of body.
Steps nested_mixture() {
  const Steps ask = request(100, 1ms);
  return sequence({ask, compute(Kernel::primes, 500), wait(300us),
                   critical(1, sequence({short_compute(), ask, wait(100us), critical(0, compute(Kernel::memory, 10))})),
                   fan_out(3, sequence({wait(200us), ask, critical(2, short_compute()),
                                        fan_out(2, sequence({ask, compute(Kernel::mix, 7), wait(100us)}))})),
                   critical(0, fan_out(2, sequence({ask, short_compute()}))), wait(100us)});
}

TEST_P(contract, computes_every_kernel) {
  for (const Steps& steps :
       {compute(Kernel::primes, 20'000), compute(Kernel::mix, 1000), compute(Kernel::memory, 1000),
        sequence({compute(Kernel::primes, 100), compute(Kernel::mix, 100), compute(Kernel::memory, 100)})}) {
    EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .slots = 4, .tasks = 20})));
  }
}

TEST_P(contract, does_every_kind_of_step) {
  for (const Steps& steps : {wait(1ms), request(64, 1ms), critical(0, short_compute()), fan_out(4, short_compute())}) {
    const Outcome outcome = run({.scripts = {steps}, .slots = 4, .tasks = 20});
    EXPECT_TRUE(did_its_work(outcome));
    EXPECT_EQ(outcome.finished, 20);
  }
}

TEST_P(contract, does_steps_of_no_amount) {
  for (const Steps& steps : {compute(Kernel::mix, 0), wait(0ns), request(0, 0ns), critical(0, {}), fan_out(1, {}),
                             fan_out(3, {}), fan_out(2, fan_out(2, {})), critical(0, critical(1, {}))}) {
    const Outcome outcome = run({.scripts = {steps}, .slots = 4, .tasks = 100});
    EXPECT_TRUE(did_its_work(outcome));
    EXPECT_EQ(outcome.finished, 100);
  }
}

TEST_P(contract, does_steps_inside_steps_on_one_worker) {
  const Outcome outcome = run({.scripts = {nested_mixture()}, .workers = 1, .slots = 8, .tasks = 80});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 80);
}

TEST_P(contract, does_steps_inside_steps_on_two_workers) {
  const Outcome outcome = run({.scripts = {nested_mixture()}, .workers = 2, .slots = 8, .tasks = 80});
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_EQ(outcome.finished, 80);
}

TEST_P(contract, does_long_scripts) {
  Steps steps;
  for (int i = 0; i < 300; ++i) {
    const Steps part = sequence({short_compute(), critical(i % 5, short_compute()), fan_out(2, short_compute())});
    steps.insert(steps.end(), part.begin(), part.end());
  }
  EXPECT_TRUE(did_its_work(run({.scripts = {steps}, .slots = 4, .tasks = 8})));
}

}  // namespace
}  // namespace cbench::contract_tests
