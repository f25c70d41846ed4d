// JSON as text: taken apart with errors that name file and line, and written on one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace cbench {

using Json = nlohmann::ordered_json;

// One line, without the line end. Text that is not UTF-8 is mended.
std::string to_line(const Json& json);

// What nothing of ours comes near. Deeper JSON is refused before it is taken apart, for who walks through it recurses;
// larger objects, because they are searched from their beginning for every member.
inline constexpr int deepest_json = 64;
inline constexpr int most_members = 1000;

// JSON text. Throws std::runtime_error: `name`, line and why. `first_line`: of the text, where it is a part of a file.
Json parse_json(std::string_view text, const std::string& name, std::size_t first_line = 1);

}  // namespace cbench
