// A sweep that died goes on: what its files hold of its plan is not measured again.
#pragma once

#include <string>

#include "sweep/plan/plan.hpp"

namespace cbench {

// Takes the trials that the plan's files hold as ok out of the plan, and puts their records into it as measured. Trials
// that failed are run again; their rows stay in the file. Returns a sentence on how many there are already. Throws
// UsageError where no file of results can be read back, where one holds what is no trial of this plan, measured on this
// host with this program (which, and how it differs), and where one lacks trials that another one holds. A file that is
// not there yet holds nothing.
std::string resume(SweepPlan& plan, const SweepArguments& arguments);

}  // namespace cbench
