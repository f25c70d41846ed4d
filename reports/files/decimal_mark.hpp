// Numbers with a decimal comma, in files whose fields are separated by something else.
#pragma once

#include <string>
#include <string_view>

namespace cbench {

// Follows a file through its numbers, because one alone does not tell what is meant: 1.234 is one and a bit, or a
// thousand where numbers have decimal commas.
class DecimalMark {
 public:
  explicit DecimalMark(char separator) : may_be_comma_(separator != ',') {}

  // The text of a number with a decimal point, good until the next call; any other text as it is. Throws
  // std::runtime_error, saying what is wrong with the text, where the file has numbers with points and with commas.
  std::string_view with_point(std::string_view text);

 private:
  bool may_be_comma_;
  char mark_ = '\0';  // of the first number that had one
  std::string changed_;
};

}  // namespace cbench
