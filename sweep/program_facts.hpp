// The host facts of this program: what harness/host.hpp tells, with the libraries of the models that it was built with.
#pragma once

#include "record/trial_record.hpp"

namespace cbench {

HostFacts facts_of_this_program();

}  // namespace cbench
