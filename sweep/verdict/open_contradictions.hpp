// What the arrivals of an open load say of themselves, held against their closed form and against each other.
#pragma once

#include <cstdint>
#include <string>

#include "harness/arrival_counts.hpp"
#include "harness/trial.hpp"
#include "record/trial_spec.hpp"

namespace cbench {

// How many tasks are in the histograms of times: due within the window, neither shed nor given up.
std::uint64_t timed_of(const ArrivalCounts& arrivals);

// Tasks that were in flight at the two ends of the window, added up.
double in_flight_at_ends(const ArrivalCounts& arrivals);

// What contradicts, in a sentence; empty where nothing does. The outcome has a record and a window.
std::string arrivals_contradict(const TrialSpec& spec, const TrialOutcome& outcome);

}  // namespace cbench
