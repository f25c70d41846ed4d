// What a trial could not know of itself, filled in once its numbers are here.
#pragma once

#include <string>

#include "record/trial_record.hpp"

namespace cbench {

// Judges a trial by its series: fills in `steady_state` where that tells, and warns where there was none.
void note_steady_state(TrialRecord& record);

// Whether a warning is that one.
bool warns_of_no_steady_state(const std::string& warning);

}  // namespace cbench
