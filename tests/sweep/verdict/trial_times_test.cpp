// Lengths of a trial, of what its child told and its parent read.
#include "sweep/verdict/trial_times.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

// After the last task of fixed work there is nothing that uses CPU time, however late the parent hears of it.
TEST(trial_times, cpu_time_of_fixed_work_is_all_that_was_read) {
  const TrialMeasures measures{.complete = true, .elapsed_s = 10, .cpu_s = 2};
  EXPECT_DOUBLE_EQ(cpu_s_within({.load = {.kind = LoadKind::fixed}}, measures, 1), 2);
  EXPECT_DOUBLE_EQ(cpu_s_within({.load = {.kind = LoadKind::closed}}, measures, 1), 0.2);
}

}  // namespace
}  // namespace cbench
