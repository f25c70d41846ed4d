// A drawing surface of characters for a terminal: lines in braille dots, 2 x 4 to a character, and single characters
// over them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// A colour of the terminal's 256; 0 is its own foreground.
using TerminalInk = std::uint8_t;

// The text between the escapes of its colour; the text alone where `colour` is false.
std::string inked(std::string_view text, TerminalInk ink, bool colour);

class TextCanvas {
 public:
  static constexpr int dots_across = 2;
  static constexpr int dots_down = 4;

  TextCanvas(std::size_t columns, std::size_t rows);

  // In dots, from the top left; what lies outside is not drawn. A dotted line leaves every other pair of dots out.
  void dot(int x, int y, TerminalInk ink);
  void line(double x0, double y0, double x1, double y1, TerminalInk ink, bool dotted = false);

  // One character in the place of a row and column, over whatever dots there are.
  void put(int column, int row, std::string_view character, TerminalInk ink);
  // Whether a character was put there.
  bool is_taken(int column, int row) const;

  // From the top, without spaces at their ends.
  std::vector<std::string> lines(bool colour) const;

  int width_in_dots() const { return static_cast<int>(columns_) * dots_across; }
  int height_in_dots() const { return static_cast<int>(rows_) * dots_down; }

 private:
  struct Place {
    std::uint8_t dots = 0;
    TerminalInk ink = 0;
    std::string character;  // over the dots
  };
  bool is_inside(int column, int row) const;
  Place& at(int column, int row) {
    return places_[static_cast<std::size_t>(row) * columns_ + static_cast<std::size_t>(column)];
  }
  const Place& at(int column, int row) const {
    return places_[static_cast<std::size_t>(row) * columns_ + static_cast<std::size_t>(column)];
  }

  std::size_t columns_;
  std::size_t rows_;
  std::vector<Place> places_;
};

}  // namespace cbench
