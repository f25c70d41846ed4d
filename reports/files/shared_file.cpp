#include "reports/files/shared_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

std::runtime_error failure(const std::string& path, int error) {
  return std::runtime_error(fmt::format("{}: {}", path, std::strerror(error)));
}

// False where another holder kept it all the while. Polls, because a wait that only a signal ends could hang. A system
// without locks counts as one where nobody else writes.
bool lock(const File& file, int kind, std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  for (auto pause = 100us; ::flock(file.descriptor(), kind | LOCK_NB) != 0; pause = std::min(2 * pause, 20'000us)) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace

SharedFile::SharedFile(std::string path) : path_(std::move(path)) {
  if (path_ == "-") {
    path_ = "standard output";
    file_ = File(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (file_.descriptor() < 0) throw failure(path_, errno);
    return;
  }
  open();
}

void SharedFile::open() {
  struct stat status {};
  const bool there = ::stat(path_.c_str(), &status) == 0;
  if (there && !S_ISREG(status.st_mode)) {
    // Without O_NONBLOCK, a FIFO would be waited for until somebody reads it.
    const int descriptor = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0 && errno == ENXIO && S_ISFIFO(status.st_mode)) {
      throw std::runtime_error(path_ + ": nobody reads this FIFO: start its reader first");
    }
    if (descriptor < 0) throw failure(path_, errno);
    file_ = File(descriptor);
    const int flags = ::fcntl(descriptor, F_GETFL);
    ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
  } else {
    // Appending even where there are no locks, or where who writes besides does not know of them.
    file_ = open_file(path_, O_RDWR | O_CREAT | O_APPEND);
  }
  regular_ = ::fstat(file_.descriptor(), &status) == 0 && S_ISREG(status.st_mode);
  fresh_ = true;
}

bool SharedFile::has_the_name() const {
  struct stat held {};
  struct stat named {};
  return ::fstat(file_.descriptor(), &held) == 0 && ::stat(path_.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

SharedFile::Hold::Hold(SharedFile& file) : file_(file) {
  while (file_.regular_) {
    if (!lock(file_.file_, LOCK_EX, 10s)) {
      throw std::runtime_error(file_.path_ + ": another process has held its lock for 10 s; is it stopped?");
    }
    if (file_.has_the_name()) break;
    file_.open();
  }
  new_ = std::exchange(file_.fresh_, false);
}

SharedFile::Hold::~Hold() {
  if (file_.regular_) ::flock(file_.file_.descriptor(), LOCK_UN);
}

std::uint64_t SharedFile::size() const {
  struct stat status {};
  if (::fstat(file_.descriptor(), &status) != 0) throw failure(path_, errno);
  return regular_ ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::string SharedFile::text(std::uint64_t from) const {
  const std::uint64_t end = size();
  std::string text(end > from ? end - from : 0, '\0');
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t got = ::pread(file_.descriptor(), text.data() + at, text.size() - at, static_cast<off_t>(from + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw failure(path_, errno);
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  text.resize(at);
  return text;
}

void SharedFile::cut(std::uint64_t size) {
  if (regular_ && ::ftruncate(file_.descriptor(), static_cast<off_t>(size)) != 0) throw failure(path_, errno);
}

int SharedFile::append(std::string_view text) { return write_all(file_.descriptor(), text); }

// Without fsync: it keeps the file from a crash of cbench, and the disk quiet for the next trial.
int SharedFile::replace(std::string_view text) {
  std::error_code unresolved;
  auto target = std::filesystem::canonical(path_, unresolved);
  if (unresolved) target = path_;
  const std::string beside = target.parent_path() / fmt::format(".{}.{}.part", target.filename().string(), ::getpid());
  const int descriptor = ::open(beside.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (descriptor < 0) return errno;
  File file(descriptor);
  struct stat status {};
  int error = ::fstat(file_.descriptor(), &status) != 0 ? errno : 0;
  // Locked before it has the name, so that who finds it there waits until this hold is over.
  if (error == 0) ::flock(descriptor, LOCK_EX | LOCK_NB);
  if (error == 0) error = write_all(descriptor, text);
  if (error == 0 && ::fchmod(descriptor, status.st_mode & 07777U) != 0) error = errno;
  if (error == 0 && ::rename(beside.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(beside.c_str());
    return error;
  }
  file_ = std::move(file);
  return 0;
}

SharedReading::SharedReading(const std::string& path) : path_(path), file_(open_file(path, O_RDONLY)) {
  lock(file_, LOCK_SH, 2s);
}

bool SharedReading::more(std::string& text, std::size_t most) {
  const std::size_t before = text.size();
  text.resize(before + most);
  ssize_t got = 0;
  do {
    got = ::read(file_.descriptor(), text.data() + before, most);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw failure(path_, errno);
  text.resize(before + static_cast<std::size_t>(got));
  read_ += static_cast<std::size_t>(got);
  return got > 0;
}

std::size_t SharedReading::size() const {
  struct stat status {};
  return ::fstat(file_.descriptor(), &status) == 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

std::string read_shared_file(const std::string& path) {
  SharedReading reading(path);
  std::string text;
  text.reserve(reading.size() + (std::size_t{64} * 1024));  // and the read that finds the end
  while (reading.more(text)) {
  }
  return text;
}

}  // namespace cbench
