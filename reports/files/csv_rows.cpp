#include "reports/files/csv_rows.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace cbench {

CsvRows::CsvRows(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
  const std::size_t zero = text_.find('\0');
  if (zero == std::string_view::npos) return;
  const std::string_view before = text_.substr(0, zero);
  const auto line_begin = before.rfind('\n') + 1;  // 0 where there is no line end before it
  line_ += static_cast<std::size_t>(std::ranges::count(before, '\n'));
  throw error_in(static_cast<std::size_t>(std::ranges::count(before.substr(line_begin), ',')), "",
                 before.starts_with("\xff\xfe") || before.starts_with("\xfe\xff")
                     ? "the file is UTF-16: save it as UTF-8"
                     : "a zero byte: this is not a text file");
}

bool CsvRows::next() {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"))) {
    at_ += text_[at_] == '\n' ? 1 : 2;
    ++next_line_;
  }
  fields_.clear();
  unquoted_.clear();
  line_ = next_line_;
  if (at_ >= text_.size()) return false;
  for (;;) {
    fields_.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted_field() : plain_field());
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      continue;
    }
    line_ended_ = at_ < text_.size();
    if (line_ended_) {
      at_ += text_[at_] == '\r' ? 2 : 1;
      ++next_line_;
    }
    return true;
  }
}

// Leaves at_ on the comma, on the line end or at the end of the text.
std::string_view CsvRows::plain_field() {
  const std::size_t begin = at_;
  const std::size_t longest = std::min(text_.size(), begin + longest_field + 1);
  while (at_ < longest && text_[at_] != ',' && text_[at_] != '\n') {
    if (text_[at_] == '"') throw error_in(fields_.size(), "", "a quote inside a field that does not begin with one");
    ++at_;
  }
  if (at_ - begin > longest_field) {
    throw error_in(fields_.size(), "", fmt::format("the field is longer than {} bytes", longest_field));
  }
  const bool carriage_return = at_ < text_.size() && text_[at_] == '\n' && at_ > begin && text_[at_ - 1] == '\r';
  if (carriage_return) --at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view CsvRows::quoted_field() {
  const std::size_t opened_on = next_line_;
  const std::size_t begin = ++at_;
  bool doubled = false;
  for (;; ++at_) {
    if (at_ >= text_.size()) {
      throw error_in(fields_.size(), "", fmt::format("the quote opened on line {} is not closed", opened_on));
    }
    if (at_ - begin > longest_field) {
      throw error_in(fields_.size(), "",
                     fmt::format("the field is longer than {} bytes: is the quote opened on line {} closed?",
                                 longest_field, opened_on));
    }
    if (text_[at_] == '\n') ++next_line_;
    if (text_[at_] != '"') continue;
    if (!text_.substr(at_ + 1).starts_with('"')) break;
    doubled = true;
    ++at_;
  }
  std::string_view field = text_.substr(begin, at_ - begin);
  ++at_;
  const std::string_view rest = text_.substr(at_);
  if (!rest.empty() && rest[0] != ',' && rest[0] != '\n' && !rest.starts_with("\r\n")) {
    throw error_in(fields_.size(), "", "text after the closing quote");
  }
  if (!doubled) return field;
  std::string& text = unquoted_.emplace_back();
  for (std::size_t i = 0; i < field.size(); ++i) {
    text += field[i];
    if (field[i] == '"') ++i;
  }
  return text;
}

std::runtime_error CsvRows::error(std::string_view what) const {
  return std::runtime_error(fmt::format("{}:{}: {}", file_, line_, what));
}

std::runtime_error CsvRows::error_in(std::size_t field, std::string_view name, std::string_view what) const {
  if (name.empty()) return error(fmt::format("column {}: {}", field + 1, what));
  return error(fmt::format("column {} ({}): {}", field + 1, name, what));
}

}  // namespace cbench
