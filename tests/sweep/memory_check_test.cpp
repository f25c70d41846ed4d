// Memory, before it is taken.
#include "sweep/memory_check.hpp"

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

TrialSpec cell(std::uint32_t concurrency, std::uint64_t max_memory_bytes) {
  return {.model = "fibers",
          .workload = "sleep",
          .load = {.kind = LoadKind::fixed, .concurrency = concurrency, .tasks = 1'000'000},
          .max_memory_bytes = max_memory_bytes};
}

// 10 MB for the program, 16 kB for each task.
const MemorySample sample{.concurrency = 1'000, .bytes = 26'000'000, .bytes_per_task = 16'000};

TEST(memory_check, what_a_task_takes_is_taken_by_each_and_the_program_once) {
  EXPECT_EQ(memory_at(sample, 1'000), 26'000'000U);
  EXPECT_EQ(memory_at(sample, 1'000'000), 16'010'000'000U);
}

TEST(memory_check, says_what_would_fit_and_that_does) {
  const std::uint32_t fitting = concurrency_that_fits(sample, 9'600'000'000);
  EXPECT_EQ(fitting, 590'000U);
  EXPECT_LE(memory_at(sample, fitting), 9'600'000'000U);
  EXPECT_EQ(concurrency_that_fits(sample, 5'000'000), 0U) << "the program alone takes more";
  const std::string why = why_too_large(cell(1'000'000, 9'600'000'000), sample);
  EXPECT_TRUE(has(why, "fibers with 1,000,000 tasks in flight would take about 16GB (16kB a task, as a trial of 1,000"))
      << why;
  EXPECT_TRUE(has(why, "may take 9.6GB (--max-memory); --concurrency 590000 would fit")) << why;
}

TEST(memory_check, keeps_silent_where_it_fits) {
  EXPECT_EQ(why_too_large(cell(500'000, 9'600'000'000), sample), "");
  EXPECT_TRUE(cells_to_doubt({cell(1'000, 9'600'000'000), cell(100'000, 9'600'000'000)}).empty());
  EXPECT_TRUE(cells_to_doubt({cell(1'000'000, 0)}).empty()) << "where there is no limit";
}

TEST(memory_check, looks_at_the_largest_cell_of_each_model_with_few_tasks) {
  const std::vector<TrialSpec> doubtful =
      cells_to_doubt({cell(300'000, 9'600'000'000), cell(1'000'000, 9'600'000'000), cell(10, 9'600'000'000)});
  ASSERT_EQ(doubtful.size(), 1U);
  EXPECT_EQ(doubtful[0].load.concurrency, 1'000'000U);
  const TrialSpec small = sample_trial(doubtful[0], 1s);
  EXPECT_EQ(small.load.kind, LoadKind::closed);
  EXPECT_EQ(small.load.concurrency, 20'000U);
  EXPECT_GE(small.load.duration, 1s) << "a task at least must end";
}

TEST(memory_check, a_trial_may_take_what_the_control_group_leaves_and_no_more_than_the_machine_has) {
  HostFacts host;
  host.memory_bytes = 16'000'000'000;
  EXPECT_EQ(default_max_memory(host, {}), 14'400'000'000U);
  GroupLimits groups;
  groups.free_memory = 4'000'000'000;
  EXPECT_EQ(default_max_memory(host, groups), 3'600'000'000U);
  groups.free_memory = 64'000'000'000;
  EXPECT_EQ(default_max_memory(host, groups), 14'400'000'000U);
}

}  // namespace
}  // namespace cbench
