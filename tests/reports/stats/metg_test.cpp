// METG from efficiencies whose crossing is known.
#include "reports/stats/metg.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

// Efficiency of a model that costs `overhead_s` a task: s / (s + overhead).
std::vector<GranularityPoint> with_overhead(double overhead_s, const std::vector<double>& sizes) {
  std::vector<GranularityPoint> points;
  for (const double size : sizes) points.push_back({size, size / (size + overhead_s)});
  return points;
}

std::vector<double> powers(double first, double factor, int count) {
  std::vector<double> sizes;
  for (int i = 0; i < count; ++i) sizes.push_back(first * std::pow(factor, i));
  return sizes;
}

// What Task Bench's scripts (scripts/chart_metg.py) make of runs of so many tasks on so many cores: with x = elapsed x
// cores / tasks, the smallest x of the runs that keep the threshold, and where the run with the next smaller tasks has
// a smaller x yet, the x at the threshold on the line between the two.
struct Measured {
  double work_s = 0;  // of a task
  double elapsed_s = 0;
};
double task_bench(const std::vector<Measured>& runs, double cores, double tasks, double threshold) {
  const auto x = [&](const Measured& run) { return run.elapsed_s * cores / tasks; };
  const auto efficiency = [&](const Measured& run) { return run.work_s * tasks / cores / run.elapsed_s; };
  std::size_t best = runs.size();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (efficiency(runs[i]) >= threshold && (best == runs.size() || x(runs[i]) < x(runs[best]))) best = i;
  }
  if (x(runs.at(best - 1)) >= x(runs.at(best))) return x(runs[best]);
  const double below = efficiency(runs[best - 1]);
  const double slope = (x(runs[best]) - x(runs[best - 1])) / (efficiency(runs[best]) - below);
  return x(runs[best - 1]) + slope * (threshold - below);
}

TEST(Metg, is_that_of_task_bench) {
  constexpr double cores = 2;
  constexpr double tasks = 1000;
  Random random(3);
  for (int set = 0; set < 200; ++set) {
    std::vector<Measured> runs;
    std::vector<GranularityPoint> points;
    for (const double work : powers(1e-6, 1.6, 12)) {
      // Noise that now and then makes a smaller task take longer.
      const double elapsed = (work + 10e-6 * (1 + 0.3 * std::abs(random.normal()))) * tasks / cores;
      runs.push_back({work, elapsed});
      points.push_back({work, work * tasks / cores / elapsed});
    }
    for (const double threshold : {0.5, 0.75, 0.9}) {
      const double theirs = task_bench(runs, cores, tasks, threshold);
      EXPECT_NEAR(metg(points, threshold).granularity_s.value() / theirs, 1, 1e-9) << set << ' ' << threshold;
    }
  }
}

TEST(Metg, counts_the_overhead_with_the_work) {
  const auto points = with_overhead(10e-6, powers(0.3e-6, 1.5, 20));
  EXPECT_NEAR(metg(points, 0.5).granularity_s.value() / 20e-6, 1, 0.01) << "half of it is overhead";
  EXPECT_NEAR(metg(points, 0.8).granularity_s.value() / 50e-6, 1, 0.01);
}

TEST(Metg, interpolates_between_granularities) {
  // 2.5 us and 10 us of a core for each task.
  const std::vector<GranularityPoint> points{{1e-6, 0.4}, {6e-6, 0.6}};
  EXPECT_NEAR(metg(points, 0.5).granularity_s.value(), 6.25e-6, 1e-12);
}

TEST(Metg, takes_the_smallest_granularity_that_keeps_the_efficiency) {
  const std::vector<GranularityPoint> points{{1e-6, 0.2}, {2e-6, 0.6}, {4e-6, 0.3}, {8e-6, 0.7}, {16e-6, 0.9}};
  EXPECT_NEAR(metg(points, 0.5).granularity_s.value(), 2e-6 / 0.6, 1e-12)
      << "the smaller tasks take more of a core, so there is nothing to interpolate with";
  EXPECT_EQ(smallest_kept(sizes_of(points), 0.5), 1U);
  // Less work, but more of a core: 8 us against 6.7 us.
  const std::vector<GranularityPoint> odd{{2e-6, 0.2}, {4e-6, 0.5}, {6e-6, 0.9}, {16e-6, 0.95}};
  EXPECT_NEAR(metg(odd, 0.5).granularity_s.value(), 6e-6 / 0.9, 1e-12);
  EXPECT_EQ(smallest_kept(sizes_of(points), 0.95), 5U);
}

TEST(Metg, is_refused_where_a_side_is_missing) {
  const auto coarse = with_overhead(1e-6, {100e-6, 200e-6});
  EXPECT_FALSE(metg(coarse, 0.5).granularity_s.has_value());
  EXPECT_TRUE(has(metg(coarse, 0.5).refused, "even the smallest task, 100us, reaches 99%"));
  const auto fine = with_overhead(1e-3, {1e-6, 20e-6});
  EXPECT_FALSE(metg(fine, 0.5).granularity_s.has_value());
  EXPECT_TRUE(has(metg(fine, 0.5).refused, "up to tasks of 20.0us it reaches only 2"));
  EXPECT_FALSE(metg({}, 0.5).granularity_s.has_value());
}

TEST(Metg, takes_a_point_that_lies_on_the_target) {
  const std::vector<GranularityPoint> points{{1e-6, 0.4}, {2e-6, 0.5}, {4e-6, 0.8}};
  EXPECT_NEAR(metg(points, 0.5).granularity_s.value(), 4e-6, 1e-15);
}

TEST(Metg, takes_the_median_of_repetitions) {
  std::vector<GranularityPoint> points = with_overhead(10e-6, powers(1e-6, 2, 8));
  for (const GranularityPoint& point : with_overhead(10e-6, powers(1e-6, 2, 8))) {
    points.push_back(point);
    points.push_back({point.task_s, point.efficiency / 3});  // disturbed
  }
  EXPECT_NEAR(metg(points, 0.5).granularity_s.value() / 20e-6, 1, 0.05);
}

TEST(Metg, has_an_interval_from_repetitions_that_covers_95_times_in_100) {
  Random random(1);
  const std::vector<double> sizes = powers(1e-6, 2, 8);
  const double truth = metg(with_overhead(10e-6, sizes), 0.5).granularity_s.value();
  int covered = 0;
  constexpr int sets = 500;
  for (int i = 0; i < sets; ++i) {
    std::vector<GranularityPoint> points;
    for (int k = 0; k < 3; ++k) {
      for (GranularityPoint point : with_overhead(10e-6, sizes)) {
        point.efficiency += 0.02 * random.normal();
        points.push_back(point);
      }
    }
    covered += metg(points, 0.5, 200, static_cast<std::uint64_t>(i)).interval.contains(truth);
  }
  EXPECT_GE(covered, 0.93 * sets);
  EXPECT_LE(covered, 0.97 * sets);
}

TEST(Metg, of_sizes_that_were_measured_once_is_as_uncertain_as_the_others_are) {
  const std::vector<GranularityPoint> points{{1e-6, 0.40}, {6e-6, 0.60}, {40e-6, 0.85}, {40e-6, 0.95}, {40e-6, 0.90}};
  const Metg found = metg(points, 0.5);
  EXPECT_LT(found.interval.low, 0.99 * found.granularity_s.value());
  EXPECT_GT(found.interval.high, 1.01 * found.granularity_s.value());
}

TEST(Metg, is_told_for_every_efficiency_that_is_asked_about) {
  const std::vector<double> targets{0.5, 0.75, 0.8, 0.9, 0.95};
  const std::vector<Metg> table = metg_table(with_overhead(10e-6, powers(1e-6, 2, 14)), targets);
  ASSERT_EQ(table.size(), targets.size());
  for (std::size_t i = 1; i < table.size(); ++i)
    EXPECT_GT(table[i].granularity_s.value(), table[i - 1].granularity_s.value());
}

}  // namespace
}  // namespace cbench
