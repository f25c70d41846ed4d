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

// Whether the times are those of the load's tasks: throughput x mean response is, to within 10 %, what a closed load of
// more than one task holds in flight. Other loads, and records of before it was written (0), are not ruled by it.
bool littles_law_holds(const LoadSpec& load, double littles_in_flight);

}  // namespace cbench
