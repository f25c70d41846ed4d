// What the contract does not ask of every model: threads that keep the one that fills the slots from its CPU.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/model_trial.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

TEST(threads, fills_its_slots_while_threads_that_end_start_others) {
  ASSERT_TRUE(ModelTrial::has("threads"));
  constexpr std::uint32_t slots = 2000;
  ModelTrial trial("threads", {.script = wait(5ms), .slots = slots});
  Load& load = trial.load();
  std::jthread end([&] {
    while (!load.settled() && load.recorder().finished() < 50 * slots) std::this_thread::sleep_for(1ms);
    load.stop();
  });
  trial.submit_all();
  trial.model().drain();
  end.join();
  EXPECT_TRUE(load.settled()) << "some slot had no task yet when there had been fifty for each";
}

}  // namespace
}  // namespace cbench::testing
