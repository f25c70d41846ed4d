// What a task asks of a CPU, measured.
#include "workloads/demand.hpp"

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

}  // namespace
}  // namespace cbench
