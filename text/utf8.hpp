// Text that other programs and people's machines gave, as the UTF-8 that our files promise.
#pragma once

#include <string>
#include <string_view>

namespace cbench {

// The text, with U+FFFD in the place of each byte that is no part of a character.
std::string valid_utf8(std::string_view text);

}  // namespace cbench
