// Takes CSV text apart into rows of fields (RFC 4180), whatever the fields mean: the reader of results and `cbench fit`
// build on it.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// Reads rows one after the other. Fields are views into the text, or into the row itself where quotes had to be taken
// away, and live until the next call of next(). Lines end with LF or CRLF, empty lines are passed over, and so is the
// mark that some spreadsheets put before the first one. Fields are separated by commas; by semicolons where the first
// line has one, as where numbers have decimal commas; by tabs where it has one and no comma.
class CsvRows {
 public:
  static constexpr std::size_t longest_field = std::size_t{64} * 1024;
  static constexpr std::size_t most_fields = 10'000;  // in a row

  // Adds more of the text; false at its end.
  using More = std::function<bool(std::string& text)>;

  // The first reads what `text` holds, which must outlive this; the second reads a text piece by piece, and holds no
  // more of it than two pieces and a row. `file` is what errors name. They throw std::runtime_error, with line and
  // column, for text with a zero byte (next() does too): that is no text, or UTF-16.
  CsvRows(std::string_view text, std::string file);
  CsvRows(More more, std::string file);
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;

  // To the next row. False at the end. Throws std::runtime_error, as error() makes it, for a quote that is not closed,
  // text beside a quoted field, a field longer than longest_field and a row of more than most_fields.
  bool next();

  // From here on next() stops before a last line that has no line end, which rest() then gives, and take_rest() makes
  // the next row.
  void leave_rest() { leaves_rest_ = true; }
  void take_rest() { leaves_rest_ = false; }
  std::string_view rest() const { return rest_; }

  std::span<const std::string_view> fields() const { return fields_; }
  std::size_t line() const { return line_; }  // on which the row begins, from 1
  bool ends_with_line_end() const { return line_ended_; }
  char separator() const { return separator_; }

  // `results.csv:17: column 3 (reason): what`, for the current row; fields count from 0.
  std::runtime_error error(std::string_view what) const;
  std::runtime_error error_in(std::size_t field, std::string_view name, std::string_view what) const;

 private:
  bool read_row();
  bool reads_more();
  bool ends_at(std::size_t at);
  std::string_view plain_field();
  std::string_view quoted_field();
  void check_zeros(std::size_t from);
  void find_separator();

  More more_;  // empty once all of the text is there
  std::string held_;
  std::string_view text_;  // held_, or somebody else's
  std::string file_;
  std::size_t at_ = 0;         // in text_
  std::size_t line_ = 1;       // where the row begins
  std::size_t next_line_ = 1;  // where the text at `at_` is
  char separator_ = ',';
  std::array<bool, 256> ends_plain_{};  // by character: the separator, a line end, and a quote, which must not be there
  bool needs_more_ = false;             // the row cannot be known without what follows in the file
  bool line_ended_ = true;
  bool leaves_rest_ = false;
  std::string_view rest_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // stays in place while it grows
};

}  // namespace cbench
