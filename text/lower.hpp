// Letters in lower case.
#pragma once

#include <string>
#include <string_view>

namespace cbench {

// Of ASCII; all else stays as it is.
inline std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  }
  return result;
}

}  // namespace cbench
