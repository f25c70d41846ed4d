#include "text/terminal.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text/fitted.hpp"
#include "text/utf8.hpp"

namespace cbench {
namespace {

// The lines that are too wide, broken; the others as they are.
std::string fitted(std::string_view text, std::size_t width) {
  std::string lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    lines += display_width(line) > width ? wrapped(line, width) : std::string(line) + '\n';
  }
  return lines;
}

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) == 1; }

std::size_t terminal_width(std::FILE* stream, std::size_t otherwise) {
  if (const char* columns = std::getenv("COLUMNS")) {
    const std::string_view text(columns);
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc{} && end == text.data() + text.size() && width > 0) return width;
  }
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return otherwise;
}

bool colour_allowed(std::FILE* stream) {
  const char* const no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* const terminal = std::getenv("TERM");
  return is_terminal(stream) && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::string coloured(std::string_view text, Colour colour, bool allowed) {
  std::string_view code;
  switch (colour) {
    case Colour::none: break;
    case Colour::bold: code = "\x1b[1m"; break;
    case Colour::red: code = "\x1b[1;31m"; break;
    case Colour::green: code = "\x1b[32m"; break;
    case Colour::yellow: code = "\x1b[1;33m"; break;
    case Colour::cyan: code = "\x1b[36m"; break;
  }
  if (!allowed || code.empty()) return std::string(text);
  return std::string(code).append(text).append("\x1b[0m");
}

void write_notes(std::span<const std::string> notes) {
  for (const std::string& note : notes) write_note(note);
}

void write_note(std::string_view note) {
  const std::string text = fmt::format("cbench: {}\n", harmless(note, "\n"));
  std::fputs((is_terminal(stderr) ? fitted(text, terminal_width(stderr)) : text).c_str(), stderr);
}

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    if (errno == EPIPE) throw ClosedPipe();
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
  }
}

}  // namespace cbench
