#include "record/histogram.hpp"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

constexpr double three_digits = 0.001;  // the promised relative error

void expect_near(double found, double expected, double also = 0) {
  EXPECT_NEAR(found, expected, expected * three_digits + also);
}

TEST(HistogramLayout, every_index_counts_exactly_the_values_between_its_lowest_and_highest) {
  std::uint64_t next = 0;
  for (std::uint32_t index = 0; index < HistogramLayout::size; ++index) {
    const std::uint64_t lowest = HistogramLayout::lowest_at(index);
    const std::uint64_t highest = HistogramLayout::highest_at(index);
    ASSERT_EQ(lowest, next) << "a gap or an overlap before index " << index;
    ASSERT_EQ(HistogramLayout::index_of(lowest), index);
    if (highest <= HistogramLayout::highest) {
      ASSERT_EQ(HistogramLayout::index_of(highest), index);
    }
    next = highest + 1;
  }
  EXPECT_GT(next, HistogramLayout::highest);
}

TEST(HistogramLayout, a_step_is_at_most_a_thousandth_of_its_values) {
  for (std::uint32_t index = 1; index < HistogramLayout::size; ++index) {
    const auto lowest = static_cast<double>(HistogramLayout::lowest_at(index));
    const auto highest = static_cast<double>(HistogramLayout::highest_at(index));
    ASSERT_LE(highest - lowest, lowest * three_digits) << "index " << index;
  }
}

TEST(HistogramLayout, it_is_the_one_that_the_protocol_describes) {
  EXPECT_EQ(HistogramLayout::index_of(1'000), 1000U);
  EXPECT_EQ(HistogramLayout::index_of(5'000), 3298U);
  EXPECT_EQ(HistogramLayout::index_of(20'000'000), 15556U);
}

TEST(Histogram, an_empty_one_answers_0_to_everything) {
  const Histogram histogram;
  EXPECT_EQ(histogram.total(), 0U);
  EXPECT_EQ(histogram.quantile(0.5), 0U);
  EXPECT_EQ(histogram.smallest(), 0U);
  EXPECT_EQ(histogram.largest(), 0U);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, small_values_are_kept_exactly) {
  Histogram histogram;
  for (std::uint64_t ns = 0; ns < 2048; ++ns) histogram.record(ns);
  EXPECT_EQ(histogram.smallest(), 0U);
  EXPECT_EQ(histogram.largest(), 2047U);
  EXPECT_EQ(histogram.quantile(0.5), 1023U);
  EXPECT_DOUBLE_EQ(histogram.mean(), 1023.5);
}

TEST(Histogram, a_constant_has_the_same_quantile_everywhere) {
  for (const std::uint64_t ns : {1ULL, 999ULL, 20'000'000ULL, 123'456'789'012ULL, 3'600'000'000'000ULL}) {
    Histogram histogram;
    histogram.record(ns, 1000);
    for (const double fraction : {0.0, 0.001, 0.5, 0.99, 1.0}) {
      expect_near(static_cast<double>(histogram.quantile(fraction)), static_cast<double>(ns));
    }
    expect_near(histogram.mean(), static_cast<double>(ns));
    expect_near(static_cast<double>(histogram.smallest()), static_cast<double>(ns));
  }
}

TEST(Histogram, a_uniform_distribution_gives_back_its_quantiles_and_mean) {
  Histogram histogram;
  constexpr std::uint64_t count = 1'000'000;
  for (std::uint64_t i = 1; i <= count; ++i) histogram.record(i * 37);
  for (const double fraction : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    expect_near(static_cast<double>(histogram.quantile(fraction)), fraction * static_cast<double>(count) * 37, 37);
  }
  expect_near(histogram.mean(), (static_cast<double>(count) + 1) / 2 * 37);
}

TEST(Histogram, an_exponential_distribution_gives_back_its_quantiles_and_mean) {
  Histogram histogram;
  constexpr double mean = 5e6;
  constexpr int count = 2'000'000;
  for (int i = 0; i < count; ++i) {
    histogram.record(static_cast<std::uint64_t>(-mean * std::log1p(-(i + 0.5) / count)));
  }
  for (const double fraction : {0.1, 0.5, 0.9, 0.99, 0.999}) {
    expect_near(static_cast<double>(histogram.quantile(fraction)), -mean * std::log1p(-fraction), 1);
  }
  expect_near(histogram.mean(), mean);
}

TEST(Histogram, a_quantile_is_the_value_of_the_nearest_rank) {
  Histogram histogram;
  histogram.record(10, 90);
  histogram.record(20, 9);
  histogram.record(30, 1);
  EXPECT_EQ(histogram.quantile(0.90), 10U);
  EXPECT_EQ(histogram.quantile(0.900001), 20U);
  EXPECT_EQ(histogram.quantile(0.99), 20U);
  EXPECT_EQ(histogram.quantile(0.990001), 30U);
  EXPECT_EQ(histogram.quantile(1.0), 30U);
}

TEST(Histogram, what_is_longer_than_the_layout_is_counted_at_its_end) {
  Histogram histogram;
  histogram.record(UINT64_MAX);
  histogram.record(HistogramLayout::highest + 1);
  EXPECT_EQ(histogram.total(), 2U);
  expect_near(static_cast<double>(histogram.largest()), static_cast<double>(HistogramLayout::highest));
  expect_near(static_cast<double>(histogram.smallest()), static_cast<double>(HistogramLayout::highest));
}

TEST(Histogram, merging_is_the_same_as_recording_into_one) {
  Histogram all;
  std::array<Histogram, 3> parts;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    const std::uint64_t ns = i * i;
    all.record(ns);
    parts[i % 3].record(ns);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.merge(part);
  EXPECT_EQ(merged, all);
  EXPECT_EQ(merged.total(), 30'000U);
  merged.merge(Histogram());
  EXPECT_EQ(merged, all);
}

TEST(Histogram, steps_are_kept_in_their_order_whatever_order_they_come_in) {
  Histogram histogram;
  for (const std::uint32_t index : {7U, 3U, 30'000U, 5U, 3U}) histogram.add_at(index, index);
  histogram.add_at(9, 0);
  const std::vector<StepCount> expected{{3, 6}, {5, 5}, {7, 7}, {30'000, 30'000}};
  EXPECT_EQ(std::vector<StepCount>(histogram.counts().begin(), histogram.counts().end()), expected);
  EXPECT_EQ(histogram.total(), 30'018U);
  EXPECT_EQ(histogram.count_at(5), 5U);
  EXPECT_EQ(histogram.count_at(9), 0U);
}

// What a step of a layout costs is kept for steps that were counted alone.
TEST(Histogram, a_narrow_one_is_small) {
  Histogram histogram;
  for (int i = 0; i < 1'000'000; ++i) histogram.record(20'000'000 + static_cast<std::uint64_t>(i % 1000) * 1000);
  EXPECT_LT(histogram.counts().size_bytes(), 1024U * 16);
}

TEST(Histogram, counts_beyond_what_a_double_holds_keep_their_quantiles) {
  Histogram histogram;
  histogram.record(5, std::uint64_t{1} << 60);
  histogram.record(7, 1);
  EXPECT_EQ(histogram.quantile(0.5), 5U);
  EXPECT_EQ(histogram.quantile(1.0), 7U);
}

}  // namespace
}  // namespace cbench
