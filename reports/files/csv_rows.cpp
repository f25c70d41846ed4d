#include "reports/files/csv_rows.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace cbench {
namespace {

// Of a text of which at least the first line is there.
char separator_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  if (line.find(';') != std::string_view::npos) return ';';
  return line.find('\t') != std::string_view::npos && line.find(',') == std::string_view::npos ? '\t' : ',';
}

}  // namespace

CsvRows::CsvRows(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  check_zeros(0);
  find_separator();
}

CsvRows::CsvRows(More more, std::string file) : more_(std::move(more)), file_(std::move(file)) {
  while (text_.find('\n') == std::string_view::npos && text_.size() < 16 * longest_field && reads_more()) {
  }
  find_separator();
}

void CsvRows::find_separator() {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // the byte order mark
  separator_ = separator_of(text_);
  for (const char end : {separator_, '\n', '"'}) ends_plain_[static_cast<unsigned char>(end)] = true;
}

void CsvRows::check_zeros(std::size_t from) {
  const std::size_t zero = text_.find('\0', from);
  if (zero == std::string_view::npos) return;
  const std::string_view before = text_.substr(at_, zero - at_);
  const auto line_begin = before.rfind('\n') + 1;  // 0 where there is no line end before it
  line_ = next_line_ + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  throw error_in(static_cast<std::size_t>(std::ranges::count(before.substr(line_begin), ',')), "",
                 before.starts_with("\xff\xfe") || before.starts_with("\xfe\xff")
                     ? "the file is UTF-16: save it as UTF-8"
                     : "a zero byte: this is not a text file");
}

// False where there is no more. What was read before the current row is given up.
bool CsvRows::reads_more() {
  if (!more_) return false;
  held_.erase(0, at_);
  const std::size_t before = held_.size();
  if (!more_(held_)) more_ = nullptr;
  text_ = held_;
  at_ = 0;
  check_zeros(before);
  return true;
}

// Whether the text ends there; the row is then read once more when what follows is known.
bool CsvRows::ends_at(std::size_t at) {
  if (at < text_.size()) return false;
  needs_more_ = true;
  return true;
}

bool CsvRows::next() {
  for (;;) {
    const std::size_t begin = at_;
    const std::size_t first_line = next_line_;
    needs_more_ = false;
    const bool found = read_row();
    if (!needs_more_ || !more_) return found;
    at_ = begin;
    next_line_ = first_line;
    reads_more();
  }
}

bool CsvRows::read_row() {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_.substr(at_).starts_with("\r\n"))) {
    at_ += text_[at_] == '\n' ? 1 : 2;
    ++next_line_;
  }
  fields_.clear();
  unquoted_.clear();
  line_ = next_line_;
  if (ends_at(at_ + 1) && (more_ || at_ >= text_.size())) return false;
  // Whether it is the last line, before a word about what is wrong with it.
  if (leaves_rest_ && text_.find('\n', at_) == std::string_view::npos) {
    needs_more_ = true;
    if (!more_) rest_ = text_.substr(at_);
    return false;
  }
  for (;;) {
    fields_.push_back(!ends_at(at_) && text_[at_] == '"' ? quoted_field() : plain_field());
    if (needs_more_ && more_) return false;
    if (at_ < text_.size() && text_[at_] == separator_) {
      if (fields_.size() == most_fields) throw error(fmt::format("more than {} fields in a row", most_fields));
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

// Leaves at_ on the separator, on the line end or at the end of the text.
std::string_view CsvRows::plain_field() {
  const std::size_t begin = at_;
  const std::size_t longest = std::min(text_.size(), begin + longest_field + 1);
  std::size_t end = begin;
  while (end < longest && !ends_plain_[static_cast<unsigned char>(text_[end])]) ++end;
  at_ = end;
  if (end < longest && text_[end] == '"') {
    throw error_in(fields_.size(), "", "a quote inside a field that does not begin with one");
  }
  if (at_ - begin > longest_field) {
    throw error_in(fields_.size(), "", fmt::format("the field is longer than {} bytes", longest_field));
  }
  if (ends_at(at_)) return text_.substr(begin);
  const bool carriage_return = text_[at_] == '\n' && at_ > begin && text_[at_ - 1] == '\r';
  if (carriage_return) --at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view CsvRows::quoted_field() {
  const std::size_t opened_on = next_line_;
  const std::size_t begin = ++at_;
  bool doubled = false;
  for (;; ++at_) {
    if (ends_at(at_)) {
      if (more_) return {};
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
  // A quote, or a line feed after a carriage return, may follow.
  if (ends_at(at_ + 1) && more_) return {};
  const std::string_view rest = text_.substr(at_);
  if (!rest.empty() && rest[0] != separator_ && rest[0] != '\n' && !rest.starts_with("\r\n")) {
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
