// Whether sets of repetitions differ, cell by cell: numbers alone, without files. A difference is said only where all
// hold: Mann-Whitney's U after Holm's correction over all cells, an effect above the threshold, and above this host's
// noise floor. What cannot be told is "inconclusive", with the repetitions that would decide it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/stats/estimate.hpp"
#include "reports/stats/mann_whitney.hpp"
#include "reports/stats/resampling.hpp"

namespace cbench {

enum class Outcome : std::uint8_t {
  regression,
  improvement,
  no_difference,  // the interval of the ratio lies within the threshold: shown, not only not disproved
  inconclusive,
  not_comparable,  // with a reason
};
std::string_view name_of(Outcome outcome);

// The repetitions of one cell on two sides. Where they must not be compared, `not_comparable` says why.
struct Pair {
  std::vector<double> base;
  std::vector<double> changed;
  double noise_floor = 0;  // relative; what the same cell differs from itself on this host
  std::string not_comparable;
};

// What a ratio is of.
enum class Middle : std::uint8_t { median, mean };

struct ComparisonOptions {
  bool higher_is_better = true;
  double threshold = 0.05;  // relative; smaller effects are no difference
  double level = 0.05;      // false alarms over all cells
  std::uint32_t resamples = 1000;
  std::uint64_t seed = 1;
  Middle middle = Middle::median;  // of interval_of_ratio() alone
};

struct Comparison {
  Outcome outcome = Outcome::inconclusive;
  double base = 0;  // medians
  double changed = 0;
  double ratio = 1;   // changed / base, of the medians
  Interval interval;  // 95 %, of the ratio
  RankTest test;
  double p_holm = 1;      // test.p corrected over all cells
  double effect_bar = 0;  // the larger of threshold and noise floor: what |ratio - 1| must exceed
  std::optional<std::size_t> repetitions_needed;  // a side, where inconclusive and not above 1,000
  std::string reason;                             // of an outcome that needs one; one line
  // "286 repetitions a side would decide", "more than 1000 repetitions a side would be needed"; empty where decided.
  std::string what_decides() const;
};

// In the order given. Deterministic by the seed.
std::vector<Comparison> compare(std::span<const Pair> pairs, const ComparisonOptions& options = {});

// The interval of the ratio of two medians, or means: errors of both sides, pooled, on a logarithmic scale, are
// resampled, with their size drawn anew each time (as in scaling_laws.hpp). From 0 to infinity where nothing was
// repeated.
Interval interval_of_ratio(std::span<const double> base, std::span<const double> changed,
                           const ComparisonOptions& options = {});

// Tiers, from 1, in the order given: walked from the best on, a cell whose interval overlaps that of the best of a tier
// is in that tier. One without an interval cannot be told from the tier before it.
std::vector<int> tiers_of(std::span<const Estimate> cells, bool higher_is_better);

}  // namespace cbench
