#include "reports/files/replaced_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/files/file.hpp"

namespace cbench {

ReplacedFile::ReplacedFile(const std::string& path) : path_(path) {
  std::error_code error;
  const auto target = std::filesystem::canonical(path, error);
  if (!error) path_ = target.string();
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return;
  if (!S_ISREG(status.st_mode)) throw std::runtime_error(path_ + ": not a regular file");
  // Renaming over it would work without this right, but it was given for a reason.
  open_file(path_, O_WRONLY);
  mode_ = status.st_mode & 07777U;
}

std::string ReplacedFile::text() const { return mode_ ? read_file(path_) : std::string(); }

// Without fsync: it keeps the document from a crash of cbench, and the disk quiet for the next trial.
void ReplacedFile::replace(std::initializer_list<std::string_view> parts, std::uint64_t trials) {
  const std::filesystem::path path(path_);
  const std::string beside = path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), ::getpid());
  const auto fail = [&](const std::string& why) {
    ::unlink(beside.c_str());
    throw std::runtime_error(fmt::format("{}: {}; {} {} in it {} safe", path_, why, trials_,
                                         trials_ == 1 ? "trial" : "trials", trials_ == 1 ? "is" : "are"));
  };
  const File file = [&] {
    try {
      return open_file(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    } catch (const std::runtime_error&) {
      throw std::runtime_error(fmt::format("{}: {}", path_, std::strerror(errno)));
    }
  }();
  for (const std::string_view part : parts) {
    if (const int error = write_all(file.descriptor(), part); error != 0) fail(words_for_write_error(error));
  }
  if (mode_ && ::fchmod(file.descriptor(), *mode_) != 0) fail(std::strerror(errno));
  if (::rename(beside.c_str(), path_.c_str()) != 0) fail(std::strerror(errno));
  trials_ = trials;
}

}  // namespace cbench
