// Text in two columns, names and what is said of them, fitted to the width of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "text/fitted.hpp"
#include "text/terminal.hpp"

namespace cbench {

inline constexpr std::size_t narrow_page = 70;  // columns below which a text goes under its name

// Collects the lines; a plain value.
class Page {
 public:
  Page(std::size_t width, bool colour) : width_(width), colour_(colour) {}

  void heading(std::string_view name, std::string_view rest) {
    if (!text_.empty()) text_ += '\n';
    text_ += coloured(name, Colour::bold, colour_) + ' ';
    text_ += wrapped(rest, width_, display_width(name) + 1 < width_ / 2 ? display_width(name) + 1 : 2);
  }
  // A name at `indent`, its text `gap` columns further on.
  void entry(std::size_t indent, std::size_t gap, std::string_view name, std::string_view text) {
    text_.append(indent, ' ').append(name);
    const std::size_t column = text_column(indent, gap);
    if (width_ < narrow_page) {
      text_.append("\n").append(column, ' ');
    } else {
      text_.append(gap > display_width(name) ? gap - display_width(name) : 1, ' ');
    }
    text_ += wrapped(text, width_, column);
  }
  // One more line under the text of an entry.
  void more(std::size_t indent, std::size_t gap, std::string_view text) {
    const std::size_t column = text_column(indent, gap);
    text_ += std::string(column, ' ') + wrapped(text, width_, column);
  }
  void blank() { text_ += '\n'; }
  // As it is: a command to copy must not be broken.
  void command(std::string_view line) { text_ += std::string("  ").append(line).append("\n"); }
  std::string text() && { return std::move(text_); }

 private:
  std::size_t text_column(std::size_t indent, std::size_t gap) const {
    return width_ < narrow_page ? indent + 2 : indent + gap;
  }

  std::string text_;
  std::size_t width_;
  bool colour_;
};

}  // namespace cbench
