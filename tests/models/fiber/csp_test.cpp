// What the contract does not ask of every model: channels that are full.
#include <chrono>

#include <gtest/gtest.h>

#include "tests/support/model_trial.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

// One place in each channel, for many tasks.
ModelTrial::Plan through_full_channels(const Steps& script, std::uint64_t tasks) {
  return {.script = script, .slots = 100, .tasks = tasks, .settings = {{"capacity", "1"}}};
}

TEST(csp, takes_tasks_without_waiting_for_room_in_its_channels) {
  if (!ModelTrial::has("csp")) GTEST_SKIP();
  // Tasks that keep their workers from the channels, for far longer together than submitting them may take.
  ModelTrial trial("csp", through_full_channels(compute(Kernel::mix, 50'000'000), 100));
  const auto before = std::chrono::steady_clock::now();
  trial.submit_all();
  EXPECT_LT(std::chrono::steady_clock::now() - before, 250ms);
  trial.load().stop();
  trial.model().drain();
}

TEST(csp, runs_every_task_through_channels_that_are_full) {
  if (!ModelTrial::has("csp")) GTEST_SKIP();
  ModelTrial trial("csp", through_full_channels(fan_out(5, critical(0, compute(Kernel::mix, 100))), 200));
  trial.submit_all();
  trial.model().drain();
  EXPECT_EQ(trial.load().recorder().finished(), 200);
  EXPECT_TRUE(trial.digest_is_expected());
  EXPECT_FALSE(trial.load().failure());
}

}  // namespace
}  // namespace cbench::testing
