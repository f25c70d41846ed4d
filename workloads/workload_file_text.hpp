// JSON that people write by hand, taken apart with care: bounded in size and depth, no key twice, and errors that say
// the line.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace cbench {

// Throws UsageError: `name`, line and column, and what is wrong there.
nlohmann::json parse_hand_written(std::string_view text, const std::string& name);

// The text of the file at `path`. Throws UsageError where there is none, where it is no file, and where it is larger
// than largest_workload_file, before any of it is read.
std::string text_of_workload_file(const std::string& path);

}  // namespace cbench
