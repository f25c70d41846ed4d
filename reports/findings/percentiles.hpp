// Times of several repetitions as one: of merged histograms, never an average of percentiles.
#pragma once

#include <cstdint>
#include <span>

#include "record/trial_record.hpp"

namespace cbench {

enum class PercentilesFrom : std::uint8_t {
  nothing,    // no task was measured
  histogram,  // of the merged histograms of all repetitions
  medians,    // the records have none (CSV): of each percentile, the median over the repetitions
};

// The times of `tasks` tasks in all. A sweep keeps the histograms of a cell in one of its records.
Latency merged(std::span<const Latency* const> times, std::uint64_t tasks);

// A percentile with fewer than ten tasks beyond it tells of those few. `fraction` from 0 to 1.
bool tells_percentile(std::uint64_t tasks, double fraction);

}  // namespace cbench
