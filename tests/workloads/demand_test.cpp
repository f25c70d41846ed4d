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

}  // namespace
}  // namespace cbench
