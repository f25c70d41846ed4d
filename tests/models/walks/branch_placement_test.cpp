// Which branches are worth sending to another worker: amounts far on either side of the limit, on any machine.
#include "models/walks/branch_placement.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

// Of the fan-out that is step `at` of the script.
bool spreads(const Steps& script, std::size_t at = 0, bool waits_block = false) {
  const Work work({script});
  return BranchPlacement(work, waits_block).spreads(body_of(work.script(0), at));
}

TEST(branch_placement, keeps_branches_that_compute_next_to_nothing) {
  EXPECT_FALSE(spreads(fan_out(2, {})));
  EXPECT_FALSE(spreads(fan_out(3, compute(Kernel::mix, 10))));
  EXPECT_FALSE(spreads(fan_out(3, critical(0, compute(Kernel::primes, 10)))));
  EXPECT_FALSE(spreads(fan_out(1, compute(Kernel::mix, 10'000'000)))) << "one branch has company nowhere";
}

TEST(branch_placement, spreads_branches_that_compute_for_long) {
  EXPECT_TRUE(spreads(fan_out(2, compute(Kernel::mix, 10'000'000))));
  EXPECT_TRUE(spreads(fan_out(2, compute(Kernel::primes, 100'000))));
  EXPECT_TRUE(spreads(fan_out(2, compute(Kernel::memory, 100'000))));
  EXPECT_TRUE(spreads(fan_out(2, critical(0, compute(Kernel::mix, 10'000'000)))));
}

TEST(branch_placement, counts_branches_and_what_is_inside_them) {
  EXPECT_FALSE(spreads(fan_out(2, compute(Kernel::mix, 2000))));
  EXPECT_TRUE(spreads(fan_out(1000, compute(Kernel::mix, 2000))));
  const Steps nested = fan_out(2, fan_out(1000, compute(Kernel::mix, 2000)));
  EXPECT_TRUE(spreads(nested, 0));
  EXPECT_TRUE(spreads(nested, 1));
  const Steps first_short = sequence({fan_out(2, {}), fan_out(2, compute(Kernel::mix, 10'000'000))});
  EXPECT_FALSE(spreads(first_short, 0));
  EXPECT_TRUE(spreads(first_short, 1));
}

TEST(branch_placement, sends_waits_away_only_where_they_keep_their_worker) {
  for (const Steps& waiting : {wait(10ms), request(10, 10ms)}) {
    EXPECT_FALSE(spreads(fan_out(2, waiting), 0, false));
    EXPECT_TRUE(spreads(fan_out(2, waiting), 0, true));
  }
}

}  // namespace
}  // namespace cbench
