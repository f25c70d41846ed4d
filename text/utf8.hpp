// Text that other programs and people's machines gave, as the UTF-8 that our files promise.
#pragma once

#include <string>
#include <string_view>

namespace cbench {

// The text, with U+FFFD in the place of each byte that is no part of a character.
std::string valid_utf8(std::string_view text);

// Likewise, and with spaces in the place of what a terminal would act upon instead of showing it: control characters
// (C0, DEL, C1) and those that turn the direction of the text around them (U+202A to U+202E, U+2066 to U+2069). `kept`:
// those of ASCII that stay.
std::string harmless(std::string_view text, std::string_view kept = "");

}  // namespace cbench
