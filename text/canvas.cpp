#include "text/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace cbench {
namespace {

// The bit of each dot of a braille character, by row and column (U+2800 and these bits).
constexpr std::array<std::array<std::uint8_t, 2>, 4> braille{{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};

// U+2800 to U+28FF in UTF-8.
std::string braille_text(std::uint8_t dots) {
  return {'\xe2', static_cast<char>(0xa0 + (dots >> 6U)), static_cast<char>(0x80 + (dots & 0x3fU))};
}

// The part of a line that lies between 0 and the limits, by Liang and Barsky. False where there is none.
bool clip(double& x0, double& y0, double& x1, double& y1, double width, double height) {
  double from = 0;
  double to = 1;
  const double dx = x1 - x0;
  const double dy = y1 - y0;
  for (const auto& [step, room] :
       std::array<std::array<double, 2>, 4>{{{-dx, x0}, {dx, width - x0}, {-dy, y0}, {dy, height - y0}}}) {
    if (step == 0 && room < 0) return false;
    if (step < 0) from = std::max(from, room / step);
    if (step > 0) to = std::min(to, room / step);
  }
  if (from > to) return false;
  x1 = x0 + to * dx;
  y1 = y0 + to * dy;
  x0 += from * dx;
  y0 += from * dy;
  return true;
}

}  // namespace

std::string inked(std::string_view text, TerminalInk ink, bool colour) {
  return colour && ink != 0 ? fmt::format("\x1b[38;5;{}m{}\x1b[0m", ink, text) : std::string(text);
}

TextCanvas::TextCanvas(std::size_t columns, std::size_t rows)
    : columns_(columns), rows_(rows), places_(columns * rows) {}

bool TextCanvas::is_inside(int column, int row) const {
  return column >= 0 && row >= 0 && column < static_cast<int>(columns_) && row < static_cast<int>(rows_);
}

void TextCanvas::dot(int x, int y, TerminalInk ink) {
  if (x < 0 || y < 0 || !is_inside(x / dots_across, y / dots_down)) return;
  Place& place = at(x / dots_across, y / dots_down);
  place.dots |= braille[static_cast<std::size_t>(y % dots_down)][static_cast<std::size_t>(x % dots_across)];
  if (place.character.empty()) place.ink = ink;
}

void TextCanvas::line(double x0, double y0, double x1, double y1, TerminalInk ink, bool dotted) {
  if (!clip(x0, y0, x1, y1, width_in_dots() - 1, height_in_dots() - 1)) return;
  const int steps = std::max(1, static_cast<int>(std::ceil(std::max(std::abs(x1 - x0), std::abs(y1 - y0)))));
  for (int i = 0; i <= steps; ++i) {
    const double share = static_cast<double>(i) / steps;
    const int x = static_cast<int>(std::lround(x0 + share * (x1 - x0)));
    const int y = static_cast<int>(std::lround(y0 + share * (y1 - y0)));
    // By place and not by step, so that the parts of one line go on where the part before ended.
    if (dotted && (std::abs(x1 - x0) >= std::abs(y1 - y0) ? x : y) % 4 != 0) continue;
    dot(x, y, ink);
  }
}

void TextCanvas::put(int column, int row, std::string_view character, TerminalInk ink) {
  if (!is_inside(column, row)) return;
  at(column, row).character = character;
  at(column, row).ink = ink;
}

bool TextCanvas::is_taken(int column, int row) const {
  return is_inside(column, row) && !at(column, row).character.empty();
}

std::vector<std::string> TextCanvas::lines(bool colour) const {
  std::vector<std::string> out;
  for (int row = 0; row < static_cast<int>(rows_); ++row) {
    std::string& line = out.emplace_back();
    std::size_t end = 0;  // of what is not blank
    for (int column = 0; column < static_cast<int>(columns_); ++column) {
      const Place& place = at(column, row);
      if (place.character.empty() && place.dots == 0) {
        line += ' ';
        continue;
      }
      line += inked(place.character.empty() ? braille_text(place.dots) : place.character, place.ink, colour);
      end = line.size();
    }
    line.resize(end);
  }
  return out;
}

}  // namespace cbench
