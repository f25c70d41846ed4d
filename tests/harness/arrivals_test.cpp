// The schedule of an open load: the instants that docs/protocol.md names, and gaps that are what they are called.
#include "harness/arrivals.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

std::vector<std::uint64_t> due_of(const ArrivalRule& rule, std::size_t count) {
  std::vector<std::uint64_t> due;
  for (Arrivals arrivals(rule); due.size() < count; arrivals.advance()) due.push_back(arrivals.due_ns());
  return due;
}

TEST(arrivals, are_due_when_the_protocol_says) {
  const auto due = due_of({.rate_per_s = 1000, .poisson = true, .seed = 1}, 1000);
  EXPECT_EQ(due[0], 836005U);
  EXPECT_EQ(due[1], 1730509U);
  EXPECT_EQ(due[2], 1850927U);
  EXPECT_EQ(due[3], 2415604U);
  EXPECT_EQ(due[999], 979497861U);
}

TEST(arrivals, that_are_constant_are_equally_spaced_from_the_epoch_on) {
  const auto due = due_of({.rate_per_s = 8000, .poisson = false}, 80'001);
  EXPECT_EQ(due[0], 0U);
  EXPECT_EQ(due[1], 125'000U);
  EXPECT_EQ(due[80'000], 10'000'000'000U) << "no error adds up";
}

TEST(arrivals, seeds_wrap_around) {
  const auto due = due_of({.rate_per_s = 1000, .poisson = true, .seed = UINT64_MAX}, 4);
  EXPECT_EQ(due[0], 2243777U);
  EXPECT_EQ(due[3], 6122528U);
}

TEST(arrivals, a_copy_goes_on_where_it_was_copied) {
  Arrivals one({.rate_per_s = 500, .poisson = true, .seed = 7});
  for (int i = 0; i < 100; ++i) one.advance();
  Arrivals other = one;
  one.advance();
  other.advance();
  EXPECT_EQ(one.number(), 101U);
  EXPECT_EQ(one.due_ns(), other.due_ns());
}

TEST(arrivals, are_counted_up_to_an_instant_which_is_excluded) {
  const ArrivalRule rule{.rate_per_s = 1000, .poisson = false};
  EXPECT_EQ(arrivals_before(rule, 0ns), 0U);
  EXPECT_EQ(arrivals_before(rule, 1ns), 1U);
  EXPECT_EQ(arrivals_before(rule, 1ms), 1U);
  EXPECT_EQ(arrivals_before(rule, 1s), 1000U);
}

// Kolmogorov and Smirnov: the largest distance between the distribution of the gaps and the one that they should have.
// Its critical value for n gaps at 0.1 % is 1.95 / sqrt(n).
double distance_to_exponential(std::vector<double> gaps) {
  std::ranges::sort(gaps);
  double largest = 0;
  const auto n = static_cast<double>(gaps.size());
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const double expected = 1 - std::exp(-gaps[i]);
    const auto at = static_cast<double>(i);
    largest = std::max({largest, std::abs(expected - at / n), std::abs(expected - (at + 1) / n)});
  }
  return largest;
}

TEST(arrivals, gaps_are_exponential_and_do_not_depend_on_each_other) {
  constexpr std::size_t count = 200'000;
  for (const std::uint64_t seed : {1, 2, 3, 12345}) {
    const auto due = due_of({.rate_per_s = 1e6, .poisson = true, .seed = seed_of_arrivals(seed)}, count);
    std::vector<double> gaps;
    std::vector<double> pairs;  // the sum of two neighbours, as the probability that such a sum is shorter
    for (std::size_t i = 1; i < due.size(); ++i) {
      gaps.push_back(static_cast<double>(due[i] - due[i - 1]) / 1000);
      if (i % 2 == 0) {
        const double sum = gaps[i - 1] + gaps[i - 2];
        const double shorter = 1 - (1 + sum) * std::exp(-sum);
        pairs.push_back(-std::log(1 - shorter));
      }
    }
    EXPECT_LT(distance_to_exponential(gaps), 1.95 / std::sqrt(gaps.size())) << "seed " << seed;
    EXPECT_LT(distance_to_exponential(pairs), 1.95 / std::sqrt(pairs.size())) << "seed " << seed;
  }
}

TEST(arrivals, of_neighbouring_seeds_have_nothing_in_common) {
  const auto one = due_of({.rate_per_s = 1000, .poisson = true, .seed = seed_of_arrivals(1)}, 5000);
  const auto two = due_of({.rate_per_s = 1000, .poisson = true, .seed = seed_of_arrivals(2)}, 5000);
  double covariance = 0;
  for (std::size_t i = 1; i < one.size(); ++i) {
    covariance +=
        (static_cast<double>(one[i] - one[i - 1]) / 1e6 - 1) * (static_cast<double>(two[i] - two[i - 1]) / 1e6 - 1);
  }
  EXPECT_LT(std::abs(covariance) / 5000, 0.06) << "four standard deviations";
  EXPECT_NE(seed_of_arrivals(1), 1U);
}

}  // namespace
}  // namespace cbench
