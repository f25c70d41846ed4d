// What a task asks of a CPU, measured.
#include "workloads/demand.hpp"

#include <chrono>

#include <gtest/gtest.h>

#include "workloads/work.hpp"

namespace cbench {
namespace {

double cpu_us_of(std::uint64_t amount) {
  const Work work({Steps{{.kind = StepKind::compute, .kernel = Kernel::mix, .amount = amount}}});
  return least_demand(work).cpu_us;
}

// 16 of a kernel's units take some 20 ns, and to read the clock takes half a microsecond.
TEST(Demand, of_a_task_that_is_shorter_than_a_look_at_the_clock_is_its_own) {
  const double of_few = cpu_us_of(16);
  const double of_many = cpu_us_of(16 * 256);
  EXPECT_GT(of_few, 0);
  EXPECT_LT(256 * of_few, 4 * of_many);
}

// A model that computes in less than that did other work: what the hypervisor, or whoever else, takes of the timing is
// none of the task's.
TEST(Demand, that_is_the_least_takes_no_longer_than_the_usual_and_counts_every_branch) {
  const Step compute{.kind = StepKind::compute, .kernel = Kernel::mix, .amount = 4096};
  const Step fan_out{.kind = StepKind::fan_out, .body = 1, .width = 3};
  const LeastDemand one = least_demand(Work({Steps{compute}}));
  const LeastDemand three = least_demand(Work({Steps{fan_out, compute}}));
  EXPECT_GT(one.cheapest_us, 0);
  EXPECT_LE(one.cheapest_us, one.cpu_us);
  EXPECT_GT(three.cheapest_us, 1.5 * one.cheapest_us);
  EXPECT_LE(three.cheapest_us, three.cpu_us);
}

using namespace std::chrono_literals;

double path_us_of(const Steps& steps) { return least_demand(Work({steps})).path_us; }

// What a person who schedules them by hand gets.
TEST(Demand, of_branches_that_share_a_lock_holds_them_up_one_after_the_other) {
  const Steps one_lock = sequence({wait(4ms), critical(0, wait(2ms))});
  EXPECT_NEAR(path_us_of(fan_out(5, one_lock)), 4'000 + 5 * 2'000, 1e-6);
  EXPECT_NEAR(path_us_of(fan_out(1, one_lock)), 6'000, 1e-6);
  EXPECT_NEAR(path_us_of(fan_out(5, wait(4ms))), 4'000, 1e-6) << "no lock";
  // Branch after branch takes its first hold, and 100 ms later its second: the last takes its own at 8 ms.
  EXPECT_NEAR(path_us_of(fan_out(5, sequence({critical(0, wait(2ms)), wait(100ms), critical(0, wait(2ms))}))), 112'000,
              1e-6);
  EXPECT_NEAR(path_us_of(fan_out(5, sequence({critical(0, wait(2ms)), critical(0, wait(2ms))}))), 20'000, 1e-6);
  EXPECT_NEAR(path_us_of(fan_out(5, sequence({critical(0, wait(2ms)), critical(1, wait(3ms))}))), 17'000, 1e-6)
      << "a line of two, and the second is the slower";
}

TEST(Demand, of_branches_within_branches_that_share_a_lock_counts_all_of_them) {
  const Steps inner = fan_out(3, sequence({wait(1ms), critical(0, wait(2ms))}));
  EXPECT_NEAR(path_us_of(fan_out(2, inner)), 1'000 + 6 * 2'000, 1e-6);
  EXPECT_NEAR(path_us_of(critical(1, fan_out(2, inner))), 13'000, 1e-6);
  EXPECT_NEAR(least_demand(Work({critical(1, fan_out(2, inner))})).locks_us[1], 13'000, 1e-6);
}

TEST(Demand, of_a_stretch_of_turns_is_that_of_their_scripts) {
  const Work work({wait(10ms), wait(110ms)}, {}, {0, 0, 1, 0});
  const LeastDemand least = least_demand(work);
  EXPECT_NEAR(mean_demand(least, work).wait_us(), 35'000, 1e-6);
  EXPECT_NEAR(mean_demand(least, work, 0, 2).wait_us(), 10'000, 1e-6);
  EXPECT_NEAR(mean_demand(least, work, 2, 1).wait_us(), 110'000, 1e-6);
  EXPECT_NEAR(mean_demand(least, work, 3, 4).wait_us(), 35'000, 1e-6);
  EXPECT_NEAR(mean_demand(least, work, 6, 5).wait_us(), (4 * 35'000 + 110'000) / 5.0, 1e-6);
}

}  // namespace
}  // namespace cbench
