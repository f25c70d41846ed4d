#include "text/fitted.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace cbench {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

// Lines of words. `fit(word, room)` says what is written of a word where a line has so many columns left.
template <class Fit>
std::string filled(std::string_view text, std::size_t width, std::string_view first, std::string_view next, Fit fit) {
  std::string lines(first);
  std::size_t column = display_width(first);
  bool line_is_empty = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (!line_is_empty && column + 1 + display_width(word) > width) {
      lines.append(1, '\n').append(next);
      column = display_width(next);
    } else if (!line_is_empty) {
      lines += ' ';
      ++column;
    }
    const std::string fitted = fit(word, width > column ? width - column : 1);
    lines += fitted;
    column += display_width(fitted);
    line_is_empty = false;
  }
  return lines + '\n';
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string shortened(std::string_view text, std::size_t width) {
  std::string clean = harmless(text);
  if (display_width(clean) <= width) return clean;
  std::size_t keep = 0;
  for (std::size_t columns = 0; keep < clean.size(); ++keep) {
    if (begins_character(clean[keep]) && columns++ + 1 >= width) break;
  }
  clean.resize(keep);
  while (clean.ends_with(' ')) clean.pop_back();
  return width == 0 ? "" : clean + "…";
}

std::string paragraph(std::string_view text, std::size_t width, std::string_view first, std::string_view next) {
  return filled(text, width, first, next, shortened);
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  const std::string margin(indent, ' ');
  const auto whole = [](std::string_view word, std::size_t) { return std::string(word); };
  return filled(harmless(text, "\n"), width, margin, margin, whole).substr(indent);
}

}  // namespace cbench
