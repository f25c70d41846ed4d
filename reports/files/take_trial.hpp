// How readers of files give trials away: one at a time, so that who reads holds what it needs of each and no more.
#pragma once

#include <functional>

#include "record/trial_record.hpp"

namespace cbench {

// Called for each trial in the order of the file. The record lives until the call returns.
using TakeTrial = std::function<void(const TrialRecord& record)>;

}  // namespace cbench
