// What a fiber holds of memory, and how the library's own schedulers may be had.
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/model_trial.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

// From "VmHWM:     1234 kB" of this process.
std::uint64_t kilobytes_of(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1));
  }
  return 0;
}

// Successors included: while thousands end and others take their places, few may hold two stacks.
TEST(fibers, hold_two_pages_of_their_stacks_each) {
  if (!ModelTrial::has("fibers")) GTEST_SKIP();
  constexpr std::uint32_t slots = 10'000;
  std::ofstream("/proc/self/clear_refs") << 5;  // the peak is what it is now
  const std::uint64_t before = kilobytes_of("VmRSS");
  ModelTrial trial("fibers", {.script = wait(50ms), .slots = slots, .tasks = 3 * slots});
  trial.submit_all();
  trial.model().drain();
  EXPECT_LT(static_cast<double>(kilobytes_of("VmHWM") - before) / slots, 11);
}

TEST(fibers, may_have_stacks_that_are_larger_than_a_mapping_of_the_arena) {
  if (!ModelTrial::has("fibers")) GTEST_SKIP();
  ModelTrial trial("fibers", {.script = wait(1ms), .slots = 3, .tasks = 12, .settings = {{"stack", "64m"}}});
  trial.submit_all();
  trial.model().drain();
  EXPECT_TRUE(trial.digest_is_expected());
}

TEST(fibers, of_the_library_steal_in_one_number_of_workers_a_process) {
  if (!ModelTrial::has("fibers")) GTEST_SKIP();
  const auto plan = [](std::uint32_t workers) {
    return ModelTrial::Plan{.script = fan_out(4, compute(Kernel::mix, 100)),
                            .workers = workers,
                            .slots = 20,
                            .tasks = 2000,
                            .settings = {{"sched", "library-work-stealing"}}};
  };
  for (const std::uint32_t workers : {1U, 3U, 3U, 1U}) {  // one has nobody to steal from, and needs none of it
    ModelTrial trial("fibers", plan(workers));
    trial.submit_all();
    trial.model().drain();
    EXPECT_EQ(trial.load().recorder().finished(), 2000) << workers << " workers";
    EXPECT_TRUE(trial.digest_is_expected());
  }
  EXPECT_THROW(ModelTrial("fibers", plan(2)), std::runtime_error);
}

}  // namespace
}  // namespace cbench::testing
