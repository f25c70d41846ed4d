// What `cbench metg` prints.
#pragma once

#include <cstddef>
#include <string>

#include "sweep/metg/metg_trials.hpp"

namespace cbench {

// The table with what it says and what it does not; no line is wider than `width`.
std::string metg_text(const MetgResult& result, std::size_t width);

std::string metg_json(const MetgResult& result);

}  // namespace cbench
