// Kinds of task become turns: exact shares, in an order that the seed decides.
#include "workloads/task_kinds.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

TEST(task_kinds, have_exact_shares_of_no_more_turns_than_that_takes) {
  EXPECT_EQ(turns_of({1, 99}, 1000), (std::vector<std::size_t>{10, 990}));
  EXPECT_EQ(turns_of({30, 70}, 1000), (std::vector<std::size_t>{300, 700}));
  EXPECT_EQ(turns_of({1, 1, 1}, 1000), (std::vector<std::size_t>{334, 334, 334}));
  EXPECT_EQ(turns_of({9999, 1}, 1000), (std::vector<std::size_t>{9999, 1}));
  EXPECT_EQ(turns_of({5000, 5000, 5000}, 1), (std::vector<std::size_t>{1, 1, 1}));
}

TEST(task_kinds, need_a_weight_and_no_more_than_there_are_turns) {
  EXPECT_THROW(turns_of({}, 1000), UsageError);
  EXPECT_THROW(turns_of({0, 0}, 1000), UsageError);
  EXPECT_THROW(turns_of({10'000, 1}, 1000), UsageError);
}

TEST(task_kinds, of_one_script_have_one_turn) {
  const Work work = work_of({{.scripts = {wait(1ms)}}}, 1);
  EXPECT_EQ(work.turns(), 1U);
  EXPECT_EQ(work.classes(), std::vector<std::string>{""});
}

TEST(task_kinds, run_each_of_their_scripts_as_often_as_the_others) {
  TaskKind drawn{.scripts = {}, .name = "drawn", .weight = 1};
  for (int i = 1; i <= 50; ++i) drawn.scripts.push_back(wait(i * 1us));
  const Work work = work_of({drawn, {.scripts = {wait(1s)}, .name = "rare", .weight = 1}}, 3);
  std::vector<std::size_t> times(work.distinct());
  for (const std::uint32_t index : work.order()) ++times[index];
  EXPECT_EQ(std::ranges::min(times), 10U);
  EXPECT_EQ(std::ranges::max(times), 500U) << "the rare one has a single script for its half";
  EXPECT_EQ(std::ranges::count(times, 10U), 50);
}

TEST(task_kinds, are_mixed_up_by_the_seed_and_by_nothing_else) {
  std::vector<int> first(100);
  std::iota(first.begin(), first.end(), 0);
  std::vector<int> same = first;
  std::vector<int> other = first;
  const std::vector<int> sorted = first;
  mix_up(first, 1);
  mix_up(same, 1);
  mix_up(other, 2);
  EXPECT_EQ(first, same);
  EXPECT_NE(first, other);
  EXPECT_NE(first, sorted);
  EXPECT_TRUE(std::ranges::is_permutation(first, sorted));
}

}  // namespace
}  // namespace cbench
