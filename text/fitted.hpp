// Text that is fitted to so many columns of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cbench {

// How many columns of a terminal the UTF-8 text takes: code points, which is right for all that cbench writes.
std::size_t display_width(std::string_view text);

// The text in at most `width` columns, the last one an ellipsis where something was cut. What a terminal would act upon
// becomes spaces, here and below: a reason may hold what a broken program said.
std::string shortened(std::string_view text, std::size_t width);

// The text broken between words into lines of at most `width` columns; `first` and `next` begin the lines. A word that
// is longer than a line is cut. Ends with a line break.
std::string paragraph(std::string_view text, std::size_t width, std::string_view first = "",
                      std::string_view next = "");

// Likewise, each line but the first indented; the first is taken to begin at column `indent` already. A word that is
// longer than a line, such as a path to copy, stands alone and whole.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent = 0);

}  // namespace cbench
