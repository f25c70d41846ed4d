// CSV text, whole and piece by piece: both ways must find the same rows, or the same error.
#include "reports/files/csv_rows.hpp"

#include <algorithm>
#include <string>

#include "tests/fuzz/input.hpp"

namespace {

using namespace cbench;

// All rows and how it ended, as one text.
std::string told(CsvRows& rows, bool leaves_rest) {
  std::string text;
  if (leaves_rest) rows.leave_rest();
  while (rows.next()) {
    text += std::to_string(rows.line()) + (rows.ends_with_line_end() ? "\n" : " no end\n");
    for (const std::string_view field : rows.fields()) text.append("[").append(field).append("]");
  }
  return text + "rest:" + std::string(rows.rest());
}

template <class Make>
std::string outcome(Make make, bool leaves_rest) {
  try {
    return make(leaves_rest);
  } catch (const std::runtime_error& error) {
    return std::string("error: ") + error.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = 1 + data[0] % 64U;
  const bool leaves_rest = data[1] % 2 == 1;
  const std::string_view text = fuzz::text_of(data + 2, size - 2);
  const std::string whole = outcome(
      [&](bool leaves) {
        CsvRows rows(text, "x");
        return told(rows, leaves);
      },
      leaves_rest);
  const std::string in_pieces = outcome(
      [&](bool leaves) {
        std::string_view left = text;
        CsvRows rows(
            [&](std::string& more) {
              more += left.substr(0, piece);
              left.remove_prefix(std::min(piece, left.size()));
              return !left.empty();
            },
            "x");
        return told(rows, leaves);
      },
      leaves_rest);
  // A zero byte far behind an error is found first where all of the text is there at once.
  const bool zero = text.find('\0') != std::string_view::npos;
  fuzz::expect(zero || whole == in_pieces, "text is taken apart alike, whole or in pieces");
  return 0;
}
