// The line above a block: what was done and how it was brought.
#pragma once

#include <string>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

// Of a block that is not empty.
std::string work_text(const Block& block);  // "io: bytes=64, delay=20ms"
std::string work_text(const std::string& workload, const TextMap& parameters);
std::string load_words(const Block& block);    // "closed loop, 1,000 in flight (sequential: 1), 2 s x 3"
std::string heading_text(const Block& block);  // both, in one line

}  // namespace cbench
