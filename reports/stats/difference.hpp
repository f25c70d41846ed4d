// The difference between two sides of repetitions, on logarithms: its error, what so many repetitions would have seen,
// and how many would decide. Numbers alone; which of several differences count is for comparison.hpp.
#pragma once

#include <cstddef>
#include <optional>

#include "reports/stats/pooled_error.hpp"
#include "reports/stats/session_noise.hpp"

namespace cbench {

// What the error of a difference is made of.
struct ErrorSources {
  Scatter trial;                      // of one trial; borrowed from other cells in part
  double resolution = 0;              // the smallest relative step that one value can show
  std::optional<SessionNoise> drift;  // between the two sessions, where that was measured
};

// The variance of a value that is told in steps of this size: it is off by up to half of one, evenly, and repeating it
// does not help.
double variance_of_steps(double resolution);

struct Sizes {
  std::size_t base = 0;  // repetitions
  std::size_t changed = 0;
};

// Of an error alone this share would be at least as far from 0: two-sided.
double p_of(double difference, const ErrorSources& sources, Sizes sizes);

// Half of the difference's interval of this confidence; infinite where nothing was repeated.
double half_width_of(const ErrorSources& sources, Sizes sizes, double confidence);

// When a difference counts, and when that there is none.
struct DecisionRule {
  double level = 0.05;      // what p must be below: that of all cells, over their number
  double threshold = 0.05;  // on logarithms: what a difference must exceed, and the interval of none lie within
};

// What an observed difference must exceed: the threshold, or the noise of this host where that is more.
double effect_bar(const ErrorSources& sources, Sizes sizes, double threshold);

// The smallest true difference that would have been told with this power; infinite where none would have been.
double smallest_effect_seen(const ErrorSources& sources, Sizes sizes, const DecisionRule& rule, double power = 0.9);

inline constexpr std::size_t fewest_to_decide = 3;  // repetitions a side: two say too little of how they scatter
inline constexpr std::size_t most_repetitions = 1000;

// Repetitions a side that would decide, whichever way the truth lies, in this share of experiments: averaged over what
// the truth may be after what was seen, so that a difference which seems to lie near the bar needs many. More than
// `sizes`. Nothing where most_repetitions would not do, or where a side was not repeated.
std::optional<std::size_t> repetitions_that_decide(double difference, const ErrorSources& sources, Sizes sizes,
                                                   const DecisionRule& rule, double share = 0.8);

}  // namespace cbench
