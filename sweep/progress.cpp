#include "sweep/progress.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "text/fitted.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::string bar_text(double share, std::size_t columns) {
  const auto full =
      static_cast<std::size_t>(std::floor(std::clamp(share, 0.0, 1.0) * 8 * static_cast<double>(columns)));
  std::string bar;
  for (std::size_t at = 0; at < columns; ++at) {
    const std::size_t eighth = full > 8 * at ? std::min<std::size_t>(full - 8 * at, 8) : 0;
    bar += eighth == 8 ? "█" : eighth == 0 ? "·" : eighths[eighth];
  }
  return bar;
}

// One that takes escapes.
bool is_lively(std::FILE* stream) {
  const char* const kind = std::getenv("TERM");
  return is_terminal(stream) && (kind == nullptr || std::string_view(kind) != "dumb");
}

}  // namespace

std::string time_words(std::chrono::nanoseconds time) {
  using namespace std::chrono;
  const auto all = ceil<seconds>(std::max<nanoseconds>(time, nanoseconds{0})).count();
  if (all < 60) return fmt::format("{} s", all);
  if (all < 3600) return fmt::format("{} min {} s", all / 60, all % 60);
  const auto whole_minutes = (all + 59) / 60;
  return fmt::format("{} h {} min", whole_minutes / 60, whole_minutes % 60);
}

std::string progress_line(const Standing& standing, std::size_t width) {
  constexpr std::size_t narrow = 70;
  std::string line = standing.left;
  if (standing.share >= 0) line += (line.empty() ? "" : " ") + bar_text(standing.share, width < narrow ? 8 : 16);
  line += (line.empty() ? "" : " ") + standing.text;
  return shortened(line, width);
}

Progress::Progress(bool enabled) : Progress({.enabled = enabled, .terminal = is_lively(stderr)}) {}

Progress::Progress(const ProgressOptions& options) : options_(options) {}

void Progress::show(const Standing& standing) {
  if (!options_.enabled) return;
  if (!options_.terminal) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < options_.every) return;
    last_ = now;
    const std::string left = standing.left.empty() ? "" : standing.left + "; ";
    std::fputs(fmt::format("cbench: {}{}\n", left, standing.text).c_str(), options_.to);
    std::fflush(options_.to);
    return;
  }
  const std::size_t width = terminal_width(options_.to);
  const std::string line = progress_line(standing, width > 1 ? width - 1 : 1);  // a full line would move the cursor on
  if (line == shown_) return;
  std::fputs(("\r\x1b[K" + line).c_str(), options_.to);
  std::fflush(options_.to);
  shown_ = line;
}

void Progress::clear() {
  if (!options_.enabled || shown_.empty()) return;
  std::fputs("\r\x1b[K", options_.to);
  std::fflush(options_.to);
  shown_.clear();
}

}  // namespace cbench
