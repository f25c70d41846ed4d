// Tests on ranks, which ask nothing of how trials scatter: Mann-Whitney's U between two sets of repetitions, Holm's
// correction over many of them, and how many repetitions it takes.
#pragma once

#include <cstddef>
#include <optional>
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

// Repetitions a side with which two samples that differ by `shift` standard deviations are told apart at `level` in
// four of five experiments: the t test's number over the efficiency of ranks, and never fewer than can show it at all.
// Nothing above `most`.
std::optional<std::size_t> repetitions_to_tell_apart(double shift, double level, std::size_t most = 1000);

}  // namespace cbench
