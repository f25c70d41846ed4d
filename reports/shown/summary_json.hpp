// A summary as the JSON document that docs/summary.md describes.
#pragma once

#include <string>
#include <string_view>

#include "reports/shown/summary.hpp"

namespace cbench {

inline constexpr int summary_version = 1;

// Ends with a line break. `made_by` is the program with its version.
std::string summary_json(const Summary& summary, std::string_view made_by);

}  // namespace cbench
