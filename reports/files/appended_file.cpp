#include "reports/files/appended_file.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {

using Rest = AppendedFormat::Rest;

namespace {

std::size_t whole_lines(std::string_view text) { return text.rfind('\n') + 1; }  // npos + 1 is 0

}  // namespace

AppendedFile::AppendedFile(std::string path, AppendedFormat format)
    : file_(std::move(path)), format_(std::move(format)) {
  const SharedFile::Hold hold(file_);
  look_at_all();
}

void AppendedFile::look_at_all() {
  std::string text = file_.is_regular() ? file_.text() : "";
  size_ = whole_lines(text);
  const std::string rest = text.substr(size_);
  const Rest verdict = rest.empty() ? Rest::part_of_record : format_.judge(rest);
  text.resize(size_);
  if (verdict == Rest::whole_record) text += rest + '\n';
  const AppendedFormat::Beginning beginning = format_.begin(text);  // before anything is changed in the file
  if (!rest.empty()) mend(rest, verdict);
  if (!beginning.replaces) {
    if (!beginning.text.empty()) write(beginning.text);
    return;
  }
  if (const int error = file_.replace(beginning.text); error != 0) {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), words_for_write_error(error)));
  }
  size_ = beginning.text.size();
}

// What others have added.
void AppendedFile::look_at_new() {
  const std::string text = file_.text(size_);
  const std::size_t whole = whole_lines(text);
  if (format_.grew && whole > 0) format_.grew(std::string_view(text).substr(0, whole));
  size_ += whole;
  const std::string_view rest = std::string_view(text).substr(whole);
  if (!rest.empty()) mend(rest, format_.judge(rest));
}

// What stands behind the last line end.
void AppendedFile::mend(std::string_view rest, Rest verdict) {
  switch (verdict) {
    case Rest::part_of_record:
      file_.cut(size_);
      note_ = fmt::format("{}: the last {} was cut off when what wrote it ended; it was taken away", file_.path(),
                          format_.noun);
      return;
    case Rest::whole_record:
      size_ += rest.size();
      write("\n");
      return;
    case Rest::other:
      throw std::runtime_error(
          fmt::format("{}: the last {} has no line end; mend it or write to another file", file_.path(), format_.noun));
  }
}

void AppendedFile::write(std::string_view text) {
  const int error = file_.append(text);
  if (error == 0) {
    size_ += text.size();
    return;
  }
  if (file_.is_regular()) file_.cut(size_);
  const std::string why = fmt::format("{}: {}; {} before it {} safe", file_.path(), words_for_write_error(error),
                                      plural(records_, format_.noun), records_ == 1 ? "is" : "are");
  if (error == EPIPE) throw ReaderGone(why);
  throw std::runtime_error(why);
}

void AppendedFile::add(const std::function<std::string()>& record) {
  const SharedFile::Hold hold(file_);
  if (file_.is_regular()) {
    const std::uint64_t size = file_.size();
    if (hold.is_new() || size < size_) {
      look_at_all();
    } else if (size > size_) {
      look_at_new();
    }
  }
  write(record());
  ++records_;
}

Rest judge_by_beginning(std::string_view rest, std::initializer_list<std::string_view> beginnings) {
  const bool ours = std::ranges::any_of(beginnings, [&](std::string_view beginning) {
    return rest.starts_with(beginning) || beginning.starts_with(rest);
  });
  return ours ? Rest::part_of_record : Rest::other;
}

}  // namespace cbench
