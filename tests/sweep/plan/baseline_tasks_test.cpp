// Fixed work of the baseline: enough to know a task by, and never for days.
#include "sweep/plan/baseline_tasks.hpp"

#include <gtest/gtest.h>

#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

Work work_of(const char* workload, const std::map<std::string, std::string, std::less<>>& given = {}) {
  return draw_work(*find_workload(workload), given, 1, 1);
}

TEST(baseline_tasks, are_few_where_each_sleeps_long) {
  EXPECT_EQ(baseline_tasks(1'000'000, work_of("sleep", {{"delay", "1s"}})), 5U);
  EXPECT_EQ(baseline_tasks(3, work_of("sleep", {{"delay", "1s"}})), 3U) << "more would only take longer";
}

TEST(baseline_tasks, are_as_many_as_fit_into_about_two_seconds) {
  const std::uint64_t waiting = baseline_tasks(1'000'000, work_of("sleep", {{"delay", "10ms"}}));
  EXPECT_GT(waiting, 150U);
  EXPECT_LT(waiting, 250U);
  const std::uint64_t computing = baseline_tasks(1'000'000, work_of("cpu"));
  EXPECT_GT(computing, 500U);
  EXPECT_LT(computing, 50'000U);
  EXPECT_EQ(baseline_tasks(1'000'000, work_of("noop")), 1'000'000U) << "a million empty tasks take a tenth of a second";
}

// A thousand empty tasks are over in 0.1 ms, in which nobody can read CPU time.
TEST(baseline_tasks, are_more_than_were_asked_for_where_these_are_over_too_soon) {
  const Work noop = work_of("noop");
  const std::uint64_t least = baseline_tasks(1, noop);
  EXPECT_GT(least * time_alone(noop), 20ms);
  EXPECT_LT(least * time_alone(noop), 200ms);
  EXPECT_EQ(baseline_tasks(1000, noop), least);
  EXPECT_EQ(baseline_tasks(2 * least, noop), 2 * least);
}

TEST(baseline_tasks, count_the_branches_of_a_fan_out) {
  const Work one(std::vector<Steps>{compute(Kernel::mix, 1'000'000)});
  const Work four(std::vector<Steps>{fan_out(4, compute(Kernel::mix, 1'000'000))});
  EXPECT_NEAR(static_cast<double>(time_alone(four).count()) / static_cast<double>(time_alone(one).count()), 4, 0.1);
  EXPECT_EQ(baseline_tasks(1000, Work({fan_out(64, request(64, 20ms))})), 5U) << "each takes it 1.3 s";
}

}  // namespace
}  // namespace cbench
