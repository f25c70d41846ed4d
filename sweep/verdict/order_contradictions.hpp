// What the order of the scripts rules out: which tasks there can have been is known, and how long each of them waits.
#pragma once

#include <string>

#include "harness/trial.hpp"
#include "record/trial_spec.hpp"
#include "workloads/work.hpp"

namespace cbench {

// Of a record whose window and counts agree: too many short tasks, more than slots have time for, several inside a lock
// at once, other shares of the classes. Empty where nothing is found.
std::string order_contradicts(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome);

}  // namespace cbench
