// How this program was built, with the libraries of the models in it.
#pragma once

#include "record/facts.hpp"

namespace cbench {

BuildFacts build_of_this_program();

}  // namespace cbench
