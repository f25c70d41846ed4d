// Tests on ranks, which ask nothing of how trials scatter: Mann-Whitney's U between two sets of repetitions, and
// Holm's correction over many tests of any kind.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace cbench {

struct RankTest {
  double u = 0;             // pairs (a, b) with a < b, ties half
  double p = 1;             // two-sided
  bool exact = true;        // over all ways in which the ranks could have fallen; else by the normal distribution
  double cliffs_delta = 0;  // 1: every b is above every a; -1: below. The rank-biserial correlation
};

// Exact for up to 40 values in all, ties included (permutation of midranks); beyond that the normal approximation with
// corrections for ties and continuity.
RankTest mann_whitney(std::span<const double> a, std::span<const double> b);

// In how many ways the sum of the doubled ranks of one side comes about, where any values could have been its.
struct SumsOfRanks {
  std::vector<double> ways;  // at [s]: of the sum s * unit
  std::size_t unit = 1;
  double mean = 0;  // of the sum
};

// Tests many pairs, one after the other. Where sizes and ties are those of the pair before, as they mostly are, the
// ways in which ranks could have fallen are not counted again.
class RankTests {
 public:
  RankTest mann_whitney(std::span<const double> a, std::span<const double> b);

 private:
  std::vector<std::size_t> ranks_before_;  // doubled, in order
  std::size_t chosen_before_ = 0;
  SumsOfRanks sums_before_;
};

// The smallest p that so many repetitions can show, all of one side below all of the other: 2 / C(a + b, a).
double smallest_p(std::size_t a, std::size_t b);

// Adjusted p values, in the order given: reject where one is below the level, and at most that share of families with
// no difference at all reject anything.
std::vector<double> holm(std::span<const double> p);

}  // namespace cbench
