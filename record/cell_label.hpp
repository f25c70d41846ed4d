// How a person reads what a cell is of: in tables, sentences and progress. Nothing is read back from it.
#pragma once

#include <string>

#include "record/trial_spec.hpp"

namespace cbench {

// "pool", "fibers:stack=16k".
std::string label_of(const TrialSpec& spec);
// "stack=16k", "defaults".
std::string map_text(const TextMap& map);
// "io", "sleep:delay=5ms": the work with the parameters that were given.
std::string work_label_of(const TrialSpec& spec);
// "fibers on io, closed, 64 in flight, 2 workers", "fibers on sleep:delay=5ms, ...".
std::string words_for(const TrialSpec& spec);

}  // namespace cbench
