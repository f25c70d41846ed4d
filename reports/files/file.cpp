#include "reports/files/file.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cbench {
namespace {

// While it lives, SIGXFSZ does not end the process: the write returns EFBIG instead.
class HoldSizeSignal {
 public:
  HoldSizeSignal() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~HoldSizeSignal() {
    if (sigismember(&before_, SIGXFSZ) == 1) return;
    const timespec at_once{};
    while (sigtimedwait(&signal_, nullptr, &at_once) == SIGXFSZ) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HoldSizeSignal(const HoldSizeSignal&) = delete;
  HoldSizeSignal& operator=(const HoldSizeSignal&) = delete;

 private:
  sigset_t signal_{};
  sigset_t before_{};
};

}  // namespace

File open_file(const std::string& path, int flags, unsigned mode) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(errno)));
  return File(descriptor);
}

int write_all(int descriptor, std::string_view text) {
  const HoldSizeSignal hold;
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

std::string words_for_write_error(int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return full ? fmt::format("disk full ({})", std::strerror(error)) : std::strerror(error);
}

std::string read_file(const std::string& path) {
  const File file = open_file(path, O_RDONLY);
  struct stat status {};
  std::string text;
  // One byte more than the size, so that the read that finds the end needs no more memory.
  if (::fstat(file.descriptor(), &status) == 0 && S_ISREG(status.st_mode)) {
    text.resize(static_cast<std::size_t>(status.st_size) + 1);
  }
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) text.resize(text.size() * 2 + 65536);
    const ssize_t got = ::read(file.descriptor(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::runtime_error(fmt::format("{}: {}", path, std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace cbench
