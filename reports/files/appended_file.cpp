#include "reports/files/appended_file.hpp"

#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cbench {

AppendedFile::AppendedFile(std::string path, std::string noun) : path_(std::move(path)), noun_(std::move(noun)) {
  if (path_ == "-") {
    path_ = "standard output";
    file_ = File(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    return;
  }
  file_ = open_file(path_, O_WRONLY | O_APPEND | O_CREAT);
  struct stat status {};
  regular_ = ::fstat(file_.descriptor(), &status) == 0 && S_ISREG(status.st_mode);
  has_text_ = regular_ && status.st_size > 0;
}

void AppendedFile::check_last_line(std::string_view text) const {
  if (text.ends_with('\n')) return;
  throw std::runtime_error(fmt::format(
      "{}: the last {} has no line end; it may be cut off: mend it or write to another file", path_, noun_));
}

void AppendedFile::write(std::string_view text) {
  const off_t before = regular_ ? ::lseek(file_.descriptor(), 0, SEEK_END) : -1;
  const int error = write_all(file_.descriptor(), text);
  if (error == 0) return;
  const bool taken_back = !regular_ || (before >= 0 && ::ftruncate(file_.descriptor(), before) == 0);
  throw std::runtime_error(fmt::format("{}: {}; {} {}{} before it {} safe{}", path_, words_for_write_error(error),
                                       records_, noun_, records_ == 1 ? "" : "s", records_ == 1 ? "is" : "are",
                                       taken_back ? "" : ", but the file ends with a part of one more"));
}

void AppendedFile::add(std::string_view record) {
  write(record);
  ++records_;
}

}  // namespace cbench
