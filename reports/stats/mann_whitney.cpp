#include "reports/stats/mann_whitney.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace cbench {
namespace {

constexpr std::size_t most_exact = 40;

struct Ranks {
  std::vector<std::size_t> doubled;  // twice the midrank of each value: a whole number
  double tie_term = 0;               // sum of t^3 - t over groups of t equal values
};

Ranks ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  Ranks ranks;
  ranks.doubled.resize(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t i = first; i <= last; ++i) ranks.doubled[order[i]] = first + last + 2;
    const auto ties = static_cast<double>(last - first + 1);
    ranks.tie_term += ties * ties * ties - ties;
    first = last + 1;
  }
  return ranks;
}

// How often each sum comes about over all choices of `chosen` of these doubled ranks, which are in order: sums grow as
// late as they can, and what cannot be yet is not looked at.
SumsOfRanks sums_of(const std::vector<std::size_t>& doubled, std::size_t chosen) {
  const bool all_whole = std::ranges::all_of(doubled, [](std::size_t rank) { return rank % 2 == 0; });
  const std::size_t unit = all_whole ? 2 : 1;  // half the sums, where there are no ties
  const std::size_t width =
      std::accumulate(doubled.end() - static_cast<std::ptrdiff_t>(chosen), doubled.end(), std::size_t{0}) / unit + 1;
  // ways[k * width + s]: choices of k of the values seen so far with the sum s.
  std::vector<double> ways((chosen + 1) * width);
  ways[0] = 1;
  std::size_t largest_sum = 0;  // of those seen so far
  for (std::size_t seen = 0; seen < doubled.size(); ++seen) {
    const std::size_t rank = doubled[seen] / unit;
    largest_sum = std::min(largest_sum + rank, width - 1);
    const std::size_t left = doubled.size() - seen - 1;
    const std::size_t fewest = chosen > left ? chosen - left : 1;  // with fewer, those left would not be enough
    for (std::size_t k = std::min(seen + 1, chosen); k >= fewest; --k) {
      double* with = &ways[k * width];
      const double* without = &ways[(k - 1) * width];
      for (std::size_t sum = rank; sum <= largest_sum; ++sum) with[sum] += without[sum - rank];
    }
  }
  const double total = static_cast<double>(std::accumulate(doubled.begin(), doubled.end(), std::size_t{0}));
  return {.ways = {ways.end() - static_cast<std::ptrdiff_t>(width), ways.end()},
          .unit = unit,
          .mean = total * static_cast<double>(chosen) / static_cast<double>(doubled.size())};
}

// How often a sum of doubled ranks is at least as far from its mean as `observed`.
double exact_p(const SumsOfRanks& sums, double observed) {
  const double distance = std::abs(observed - sums.mean) - 1e-9;
  double all = 0;
  double as_far = 0;
  for (std::size_t sum = 0; sum < sums.ways.size(); ++sum) {
    all += sums.ways[sum];
    if (std::abs(static_cast<double>(sum * sums.unit) - sums.mean) >= distance) as_far += sums.ways[sum];
  }
  return as_far / all;
}

}  // namespace

RankTest RankTests::mann_whitney(std::span<const double> a, std::span<const double> b) {
  RankTest test;
  if (a.empty() || b.empty()) return test;
  std::vector<double> values(a.begin(), a.end());
  values.insert(values.end(), b.begin(), b.end());
  const Ranks ranks = ranks_of(values);
  const auto na = static_cast<double>(a.size());
  const auto nb = static_cast<double>(b.size());
  const double n = na + nb;
  const auto sum_b = static_cast<double>(std::accumulate(ranks.doubled.begin() + static_cast<std::ptrdiff_t>(a.size()),
                                                         ranks.doubled.end(), std::size_t{0}));
  test.u = sum_b / 2 - nb * (nb + 1) / 2;
  test.cliffs_delta = 2 * test.u / (na * nb) - 1;
  if (values.size() <= most_exact) {
    std::vector<std::size_t> in_order = ranks.doubled;
    std::ranges::sort(in_order);
    if (in_order != ranks_before_ || b.size() != chosen_before_) {
      sums_before_ = sums_of(in_order, b.size());
      ranks_before_ = std::move(in_order);
      chosen_before_ = b.size();
    }
    test.p = exact_p(sums_before_, sum_b);
    return test;
  }
  test.exact = false;
  const double variance = na * nb / 12 * (n + 1 - ranks.tie_term / (n * (n - 1)));
  if (variance > 0) {
    const double distance = std::max(0.0, std::abs(test.u - na * nb / 2) - 0.5);
    test.p = std::min(1.0, 2 * gsl_cdf_ugaussian_Q(distance / std::sqrt(variance)));
  }
  return test;
}

RankTest mann_whitney(std::span<const double> a, std::span<const double> b) { return RankTests().mann_whitney(a, b); }

double smallest_p(std::size_t a, std::size_t b) {
  if (a == 0 || b == 0) return 1;
  const double log_choices = gsl_sf_lnchoose(static_cast<unsigned>(a + b), static_cast<unsigned>(a));
  return std::min(1.0, 2 * std::exp(-log_choices));
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, p[order[i]] * static_cast<double>(order.size() - i));
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

}  // namespace cbench
