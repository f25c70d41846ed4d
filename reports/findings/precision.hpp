// When to stop repeating a cell: once the 95 % interval of its throughput is as narrow as was asked for, or at a cap.
//
// Looking at the interval after every repetition and stopping at the first that is narrow enough favours repetitions
// that happen to agree: hence no cell is judged by an interval that is not to be trusted (estimate.hpp), however few
// repetitions were asked for. Where the repetitions drift, none of them may lie farther from the mean than was asked
// for: one set of independent repetitions in twenty looks as if it drifted, and must not be repeated without end.
// docs/statistics.md has how often intervals so found hold the truth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

inline constexpr std::uint32_t fewest_repetitions = repetitions_to_trust;  // before a cell is judged

struct PrecisionGoal {
  double relative = 0;  // half of the interval, of the mean; 0: nothing was asked for
  std::uint32_t max_repetitions = 30;

  bool asked() const { return relative > 0; }
};

enum class Precision : std::uint8_t {
  undecided,
  reached,
  capped,  // max_repetitions ran, and it is not
  failed,  // a repetition is not ok: more of them would tell nothing about the others
};
Precision precision_of(const Cell& cell, const PrecisionGoal& goal);

// For a progress line: "±3.1% of 2%, 2 cells undecided".
std::string precision_words(const Cell& cell, const PrecisionGoal& goal, std::size_t undecided);

// Adds sentences about the cells that are not there to the block's shortfalls.
void add_shortfalls(Block& block, const PrecisionGoal& goal);

}  // namespace cbench
