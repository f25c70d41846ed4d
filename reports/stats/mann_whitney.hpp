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

// The smallest p that so many repetitions can show, all of one side below all of the other: 2 / C(a + b, a).
double smallest_p(std::size_t a, std::size_t b);

// Adjusted p values, in the order given: reject where one is below the level, and at most that share of families with
// no difference at all reject anything.
std::vector<double> holm(std::span<const double> p);

}  // namespace cbench
