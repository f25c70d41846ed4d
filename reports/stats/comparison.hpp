// Whether sets of repetitions differ, cell by cell: numbers alone, without files. A difference is said only where all
// hold: a t test on logarithms after Holm's correction over all cells, with an error that borrows from the other cells
// (pooled_error.hpp) and knows the drift between sessions where that was measured; an effect above the threshold and
// above this host's noise floor; and ranks that do not speak against it. What cannot be told is "inconclusive", with
// the repetitions that would decide it. docs/statistics.md has how often all of this is right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/stats/difference.hpp"
#include "reports/stats/mann_whitney.hpp"
#include "reports/stats/resampling.hpp"
#include "reports/stats/session_noise.hpp"

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
  double resolution = 0;              // the smallest relative step that one value can show
  std::optional<SessionNoise> drift;  // what the same cell differs from itself on this host
  std::string not_comparable;
};

struct ComparisonOptions {
  bool higher_is_better = true;
  double threshold = 0.05;  // relative; smaller effects are no difference
  double level = 0.05;      // false alarms over all cells
  bool look_ahead = true;   // say what was and what would be needed, which takes most of the time
};

struct Comparison {
  Outcome outcome = Outcome::inconclusive;
  double base = 0;  // geometric means
  double changed = 0;
  double ratio = 1;   // changed / base
  Interval interval;  // 95 %, of the ratio; from 0 to infinity where nothing was repeated
  double p = 1;       // by t on logarithms, with the drift where it is known
  double p_holm = 1;  // corrected over all cells
  RankTest ranks;
  std::optional<double> noise_floor;  // relative: 95 % of differences between two such sessions are below it
  double effect_bar = 0;  // relative, the larger of threshold and noise floor: ratios within 1 + bar and its inverse
  double smallest_effect_seen = 0;                // relative, with a power of 0.9; infinite where none would have been
  std::optional<std::size_t> repetitions_needed;  // a side, where inconclusive and not above most_repetitions
  std::string reason;                             // of an outcome that needs one; one line
  // "286 repetitions a side would decide", "more than 1000 repetitions a side would be needed"; empty where decided.
  std::string what_decides() const;
};

// In the order given.
std::vector<Comparison> compare(std::span<const Pair> pairs, const ComparisonOptions& options = {});

// The interval of the ratio of two means, by t on logarithms. The two need not scatter alike (Welch). From 0 to
// infinity where nothing was repeated.
Interval interval_of_ratio(std::span<const double> base, std::span<const double> changed, double resolution = 0);

}  // namespace cbench
