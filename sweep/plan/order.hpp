// The order in which the trials of a sweep run.
#pragma once

#include <cstdint>
#include <vector>

#include "record/trial_record.hpp"

namespace cbench {

// Every cell `repetitions` times, in rounds: each round holds every cell once, shuffled anew, so that whatever drifts
// on the machine (memory, neighbours, heat) hits all models alike. The first round begins with the cells on
// the baseline, whose demands the ideal of all others is computed from. Repetition r runs with seed `seed` + r - 1;
// the order depends on `seed` alone.
std::vector<TrialSpec> order_trials(const std::vector<TrialSpec>& cells, std::uint32_t repetitions, std::uint64_t seed);

// One more round: each cell once, shuffled, as the given repetition of it.
std::vector<TrialSpec> order_round(std::vector<TrialSpec> cells, std::uint32_t repetition, std::uint64_t seed);

}  // namespace cbench
