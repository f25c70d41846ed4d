// Open loops: models need no code of their own for tasks that arrive when they are due, and not when there is room.
#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;

// Every arrival was brought, and came to an end.
void expect_all_done(const Outcome& outcome) {
  EXPECT_TRUE(did_its_work(outcome));
  EXPECT_GT(outcome.arrivals.due(), 0U);
  EXPECT_EQ(outcome.finished, outcome.arrivals.due());
  EXPECT_EQ(outcome.response.total(), outcome.arrivals.due()) << "those that end after the window are among them";
  EXPECT_EQ(outcome.arrivals.unfinished, 0U);
  EXPECT_EQ(outcome.arrivals.dropped, 0U);
  EXPECT_EQ(outcome.arrivals.lag.total() + outcome.arrivals.late, outcome.arrivals.due());
}

// Few slots and short tasks: a slot is given to the next arrival while whoever had it still looks back.
TEST_P(contract, runs_what_arrives_at_a_rate) {
  const Outcome outcome = run({.scripts = {Steps{}, compute(Kernel::mix, 100), wait(100us),
                                           fan_out(3, compute(Kernel::mix, 100)), critical(0, Steps{})},
                               .slots = 4,
                               .window = 200ms,
                               .rate_per_s = 4000.0 / patience});
  expect_all_done(outcome);
}

TEST_P(contract, makes_arrivals_wait_for_a_slot_while_all_are_taken) {
  Trial trial(GetParam(), {.scripts = {wait(2ms)}, .slots = 2, .window = 100ms, .rate_per_s = 2000});
  trial.start();
  const Outcome outcome = trial.finish();
  expect_all_done(outcome);
  EXPECT_GT(outcome.arrivals.late, 0U) << "2 slots of 2 ms take no more than 1,000/s";
  EXPECT_LE(outcome.arrivals.end.in_flight(), trial.slots());
  EXPECT_GT(outcome.arrivals.end.waiting(), 0);
  EXPECT_GT(outcome.queueing.largest(), 10'000'000U) << "whoever waits is charged from when they were due";
}

TEST_P(contract, asks_the_peer_for_what_arrives_at_a_rate) {
  const Outcome outcome = run({.scripts = {request(100, 1ms)}, .slots = 3, .window = 100ms, .rate_per_s = 500});
  expect_all_done(outcome);
}

}  // namespace
}  // namespace cbench::contract_tests
