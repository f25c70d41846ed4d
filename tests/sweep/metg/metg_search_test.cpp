// The search for METG, on models whose efficiency is known for every size.
#include "sweep/metg/metg_search.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Efficiency = std::function<double(double task_s)>;

MetgSearch search_for(const std::vector<double>& targets) {
  return {.targets = targets, .start_s = 10e-6, .least_s = 20e-9, .most_s = 10e-3};
}

std::vector<GranularityPoint> measured(const MetgSearch& search, const Efficiency& efficiency) {
  std::vector<GranularityPoint> points;
  while (const auto size = next_size(points, search)) points.push_back({*size, efficiency(*size)});
  return points;
}

Efficiency with_overhead(double overhead_s) {
  return [=](double task_s) { return task_s / (task_s + overhead_s); };
}

TEST(MetgSearch, finds_the_sizes_of_cheap_and_of_dear_models) {
  const std::vector<double> targets{0.5, 0.8, 0.9};
  for (const double overhead_s : {100e-9, 1e-6, 30e-6, 500e-6}) {
    const auto points = measured(search_for(targets), with_overhead(overhead_s));
    for (const double target : targets) {
      const double truth = overhead_s / (1 - target);
      ASSERT_TRUE(metg(points, target).granularity_s) << overhead_s << " " << metg(points, target).refused;
      EXPECT_NEAR(*metg(points, target).granularity_s / truth, 1, 0.03) << overhead_s << " " << target;
    }
    EXPECT_LE(points.size(), 40U) << overhead_s;
  }
}

TEST(MetgSearch, repeats_the_sizes_beside_each_crossing) {
  const auto points = measured(search_for({0.5, 0.8}), with_overhead(3e-6));
  const auto sizes = sizes_of(points);
  for (const double target : {0.5, 0.8}) {
    const std::size_t at = smallest_kept(sizes, target);
    ASSERT_GT(at, 0U);
    ASSERT_LT(at, sizes.size());
    EXPECT_EQ(sizes[at - 1].efficiencies.size(), 3U);
    EXPECT_EQ(sizes[at].efficiencies.size(), 3U);
    EXPECT_LE(sizes[at].task_s / sizes[at - 1].task_s, 1.5);
  }
  EXPECT_EQ(sizes.back().efficiencies.size(), 1U) << "what is far from every crossing is not";
}

// Sizes are whole numbers of rounds, so that an end of the range is hardly ever met exactly.
TEST(MetgSearch, goes_on_where_an_end_of_the_range_is_a_little_beside_it) {
  const MetgSearch search = search_for({0.5, 0.9});
  const double unit_s = 1000.1e-6 / 400'000;
  const auto efficiency = [](double task_s) { return 0.65 * task_s / (task_s + 300e-9); };
  std::vector<GranularityPoint> points;
  while (const auto size = next_size(points, search)) {
    const double task_s = std::max(1.0, std::round(*size / unit_s)) * unit_s;
    points.push_back({task_s, efficiency(task_s)});
  }
  EXPECT_EQ(sizes_of(points).back().efficiencies.size(), 1U) << "the largest, at which no more is to be learned";
  EXPECT_LT(sizes_of(points).front().task_s, 2e-6) << "the crossing of the lower target";
  EXPECT_TRUE(metg(points, 0.5).granularity_s);
}

TEST(MetgSearch, is_not_misled_by_a_trial_that_was_disturbed) {
  int trial = 0;
  const auto points = measured(search_for({0.5, 0.8}), [&](double task_s) {
    return (++trial == 1 ? 0.4 : 1) * task_s / (task_s + 300e-9);  // the first, at 10 us
  });
  EXPECT_NEAR(*metg(points, 0.8).granularity_s / 1.5e-6, 1, 0.03);
}

TEST(MetgSearch, is_not_misled_by_a_trial_that_was_lucky) {
  int trials = 0;
  const auto points = measured(search_for({0.5, 0.8}), [&](double task_s) {
    const bool lucky = task_s > 1e-6 && task_s < 1.6e-6 && ++trials == 1;
    return lucky ? 0.95 : task_s / (task_s + 1e-6);
  });
  EXPECT_EQ(trials, 3) << "it is repeated";
  EXPECT_NEAR(*metg(points, 0.5).granularity_s / 2e-6, 1, 0.03);
  EXPECT_NEAR(*metg(points, 0.8).granularity_s / 5e-6, 1, 0.03);
}

TEST(MetgSearch, gives_up_at_its_bounds) {
  const auto never = measured(search_for({0.5}), [](double) { return 0.3; });
  EXPECT_EQ(never.back().task_s, 10e-3);
  EXPECT_LE(never.size(), 8U);
  EXPECT_FALSE(metg(never, 0.5).granularity_s);
  const auto always = measured(search_for({0.5}), [](double) { return 0.97; });
  EXPECT_EQ(always.back().task_s, 20e-9);
  EXPECT_FALSE(metg(always, 0.5).granularity_s);
}

TEST(MetgSearch, keeps_what_one_side_tells_where_the_other_is_missing) {
  const auto points = measured(search_for({0.5, 0.9}), [](double task_s) { return 0.7 * task_s / (task_s + 2e-6); });
  EXPECT_FALSE(metg(points, 0.9).granularity_s) << "it never gets there";
  ASSERT_TRUE(metg(points, 0.5).granularity_s);
  EXPECT_NEAR(*metg(points, 0.5).granularity_s / 10e-6, 1, 0.05);
}

TEST(MetgSearch, ends_where_noise_is_as_large_as_the_differences) {
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    const auto points =
        measured(search_for({0.5, 0.75, 0.8, 0.9}), [&](double) { return 0.7 + 0.3 * random.normal(); });
    EXPECT_LE(points.size(), 60U);
  }
}

}  // namespace
}  // namespace cbench
