#include "sweep/progress.hpp"

#include <cstdio>

#include "text/terminal.hpp"

namespace cbench {

Progress::Progress(bool enabled) : enabled_(enabled && is_terminal(stderr)) {}

void Progress::show(const std::string& text) {
  if (!enabled_) return;
  const std::string cut = text.substr(0, terminal_width(stderr) - 1);
  if (cut == shown_) return;
  std::fputs(("\r\x1b[K" + cut).c_str(), stderr);
  std::fflush(stderr);
  shown_ = cut;
}

void Progress::clear() {
  if (!enabled_ || shown_.empty()) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_.clear();
}

}  // namespace cbench
