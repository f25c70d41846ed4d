// Values drawn by rank: their mean and percentiles are those that were asked for, of few values as of many.
#include "workloads/distribution.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Values = std::vector<std::uint64_t>;

double mean_of(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The value that `fraction` of all are at most, of sorted ones.
double percentile(const Values& values, double fraction) {
  const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(values.size()))) - 1;
  return static_cast<double>(values[rank]);
}

const Distribution skewed = Distribution::lognormal(4'000'000, 30'000'000);

TEST(distribution, a_constant_is_that_value_and_no_other) {
  EXPECT_EQ(Distribution::constant(7).ranks(5), (Values{7, 7, 7, 7, 7}));
  EXPECT_EQ(Distribution().ranks(2), (Values{0, 0}));
}

TEST(distribution, has_its_mean_however_many_values_are_drawn) {
  const double sigma = std::log(30.0 / 4.0) / 2.3263478740408408;
  EXPECT_NEAR(skewed.mean(), 4e6 * std::exp(sigma * sigma / 2), 1);
  for (const Distribution& drawn : {Distribution::uniform(1'000'000, 5'000'000), Distribution::exponential(2'000'000),
                                    skewed, Distribution::values({{10'000, 3}, {90'000, 1}})}) {
    for (const std::size_t count : {20U, 100U, 2000U, 10'000U}) {
      EXPECT_NEAR(mean_of(drawn.ranks(count)) / drawn.mean(), 1, 1e-3) << count;
    }
  }
}

TEST(distribution, has_its_percentiles) {
  const Values values = skewed.ranks(2000);
  EXPECT_NEAR(percentile(values, 0.5) / 4e6, 1, 0.02);
  EXPECT_NEAR(percentile(values, 0.99) / 30e6, 1, 0.02);
  const double sigma = std::log(30.0 / 4.0) / 2.3263478740408408;
  EXPECT_NEAR(percentile(values, 0.9) / (4e6 * std::exp(1.2815515655446 * sigma)), 1, 0.02);
  EXPECT_NEAR(percentile(values, 0.999) / (4e6 * std::exp(3.0902323061678 * sigma)), 1, 0.04);
  const Values waits = Distribution::exponential(1'000'000).ranks(2000);
  EXPECT_NEAR(percentile(waits, 0.5) / 1e6, std::log(2), 0.02);
  EXPECT_NEAR(percentile(waits, 0.99) / 1e6, std::log(100), 0.06);
}

TEST(distribution, takes_few_values_in_ascending_order) {
  for (const Distribution& drawn : {skewed, Distribution::exponential(50'000), Distribution::uniform(0, 1 << 30U)}) {
    const Values values = drawn.ranks(10'000);
    EXPECT_TRUE(std::ranges::is_sorted(values));
    EXPECT_LE(std::set<std::uint64_t>(values.begin(), values.end()).size(), 40U);
    EXPECT_GE(drawn.largest(), values.back());
  }
}

TEST(distribution, of_a_list_has_each_value_as_often_as_its_weight_says) {
  const Values values = Distribution::values({{5, 9}, {1, 1}}).ranks(1000);
  EXPECT_EQ(std::ranges::count(values, 5U), 900);
  EXPECT_EQ(std::ranges::count(values, 1U), 100);
  EXPECT_EQ(Distribution::values({{5, 9}, {1, 1}}).ranks(3).size(), 3U) << "however few there are";
}

// By heart: another draw makes results of two versions, or of two machines, incomparable.
TEST(distribution, draws_what_it_always_drew) {
  EXPECT_EQ(Distribution::exponential(1'000'000).ranks(5), (Values{107'400, 360'100, 699'900, 1'223'000, 2'609'000}));
  EXPECT_EQ(skewed.ranks(4), (Values{1'437'000, 3'062'000, 5'374'000, 13'410'000}));
}

}  // namespace
}  // namespace cbench
