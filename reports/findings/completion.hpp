// What a trial could not know of itself, filled in once its numbers are here.
#pragma once

#include <string>

#include "record/trial_record.hpp"

namespace cbench {

// Whether a warning is that of a drift.
bool warns_of_drift(const std::string& warning);

// Judges a trial by its series: fills in `steady_state`, and warns of a drift.
void note_steady_state(TrialRecord& record);

}  // namespace cbench
