// What a trial could not know of itself, filled in once its record is here.
#pragma once

#include <string>

#include "record/trial_record.hpp"

namespace cbench {

// Judges a trial by its series: fills in `steady_state`, and warns of a drift.
void note_steady_state(TrialRecord& record);

// Whether a warning is that one.
bool warns_of_drift(const std::string& warning);

}  // namespace cbench
