#include "record/latency_spectrum.hpp"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

TEST(LatencySpectrum, ticks_halve_the_distance_to_100_in_five_steps) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.record(static_cast<std::uint64_t>(i) * 1000);
  const auto points = spectrum_of(histogram);
  std::vector<double> percentiles;
  for (const SpectrumPoint& point : points) percentiles.push_back(point.percentile);
  const std::vector<double> first(percentiles.begin(), percentiles.begin() + 11);
  EXPECT_EQ(first, (std::vector<double>{0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75}));
  EXPECT_EQ(percentiles.back(), 100);
  EXPECT_LE(percentiles[percentiles.size() - 2], 99.9) << "no tick stands for less than one of 1,000 tasks";
}

TEST(LatencySpectrum, each_point_has_the_histograms_own_quantile) {
  const Latency latency = sample_latency(20'000, 300, 100'000);
  for (const SpectrumPoint& point : spectrum_of(*latency.histogram)) {
    const auto expected = static_cast<double>(latency.histogram->quantile(point.percentile / 100)) / 1e3;
    EXPECT_NEAR(point.value_us, expected, expected / 500) << point.percentile;
    EXPECT_GE(static_cast<double>(point.count),
              point.percentile / 100 * static_cast<double>(latency.histogram->total()) - 1);
  }
}

TEST(LatencySpectrum, of_nothing_and_of_one_task) {
  EXPECT_TRUE(spectrum_of(Histogram()).empty());
  Histogram one;
  one.record(5000);
  const auto points = spectrum_of(one);
  EXPECT_EQ(points.back().percentile, 100);
  EXPECT_EQ(points.back().count, 1U);
}

// A count that a broken file may hold: ticks come to an end all the same.
TEST(LatencySpectrum, of_more_counts_than_a_double_can_tell_apart) {
  for (const std::uint64_t total : {std::uint64_t{1} << 53, std::uint64_t{1} << 63}) {
    Histogram histogram;
    histogram.record(5000, total);
    histogram.record(7000, 3);
    const auto points = spectrum_of(histogram);
    EXPECT_LT(points.size(), 400U);
    EXPECT_EQ(points.back().percentile, 100);
    EXPECT_EQ(points.back().count, total + 3);
    for (std::size_t i = 1; i < points.size(); ++i) EXPECT_GE(points[i].percentile, points[i - 1].percentile);
  }
}

}  // namespace
}  // namespace cbench
