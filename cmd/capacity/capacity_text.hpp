// What `cbench capacity` prints.
#pragma once

#include <cstddef>
#include <string>

#include "sweep/capacity/capacity_trials.hpp"

namespace cbench {

// A table for each set of objectives, with what it says and what it does not; no line is wider than `width`.
std::string capacity_text(const CapacityResult& result, std::size_t width);

std::string capacity_json(const CapacityResult& result);

}  // namespace cbench
