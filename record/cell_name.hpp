// One name for a cell in the formats of other tools, which know nothing of models and workloads:
// io/model=fibers/bytes=64/delay=20ms/workers=2/concurrency=1000.
#pragma once

#include <string>
#include <string_view>

#include "record/trial_record.hpp"

namespace cbench {

// Made of letters, digits and +-._%=/ alone, so that it is one word in each of those formats; anything else in a value
// becomes an underscore. Repetitions have the same name.
std::string cell_name(const TrialSpec& spec);

// What the cells of one model and workload have in common: the name up to the workers.
std::string_view family_of(std::string_view cell_name);

// Text of a person's or a library's, as one line of at most `longest` bytes of printable ASCII.
std::string one_line(std::string_view text, std::size_t longest = 500);

}  // namespace cbench
