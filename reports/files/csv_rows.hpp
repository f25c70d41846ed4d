// Takes CSV text apart into rows of fields (RFC 4180), whatever the fields mean: the reader of results and `cbench fit`
// build on it.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// Reads rows one after the other. Fields are views into the text, or into the row itself where quotes had to be taken
// away, and live until the next call of next(). Lines end with LF or CRLF, empty lines are passed over, and so is the
// mark that some spreadsheets put before the first one.
class CsvRows {
 public:
  static constexpr std::size_t longest_field = std::size_t{64} * 1024;

  // `text` must outlive this; `file` is what errors name. Throws std::runtime_error, with line and column, for text
  // with a zero byte: that is no text, or UTF-16.
  CsvRows(std::string_view text, std::string file);

  // To the next row. False at the end. Throws std::runtime_error, as error() makes it, for a quote that is not closed,
  // text beside a quoted field, and a field longer than longest_field.
  bool next();

  std::span<const std::string_view> fields() const { return fields_; }
  std::size_t line() const { return line_; }               // on which the row begins, from 1
  bool ends_with_line_end() const { return line_ended_; }  // only a file's last row may not

  // `results.csv:17: column 3 (reason): what`, for the current row; fields count from 0.
  std::runtime_error error(std::string_view what) const;
  std::runtime_error error_in(std::size_t field, std::string_view name, std::string_view what) const;

 private:
  std::string_view plain_field();
  std::string_view quoted_field();

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;         // in text_
  std::size_t line_ = 1;       // where the row begins
  std::size_t next_line_ = 1;  // where the text at `at_` is
  bool line_ended_ = true;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // stays in place while it grows
};

}  // namespace cbench
