#include "harness/peer_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/child_process.hpp"
#include "system/pipe.hpp"

namespace cbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view listening = "listening on 127.0.0.1:";
constexpr int counters_fd = 3;  // in the peer
constexpr std::size_t most_said = 64 * 1024;
constexpr std::chrono::milliseconds grace{2000};  // for a peer that is asked to end, and for one that was killed
constexpr std::chrono::milliseconds until_noted{100};

[[noreturn]] void no_peer(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), fmt::format("the peer could not be started: {}", what));
}

std::string on_one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

int milliseconds_until(Clock::time_point until) {
  return static_cast<int>(
      std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count()));
}

// Blocks until there is something to read or the writer is gone. Returns false where the time is over.
bool readable(const Descriptor& descriptor, Clock::time_point until) {
  pollfd poll_for{.fd = descriptor.get(), .events = POLLIN, .revents = 0};
  for (;;) {
    const int ready = poll(&poll_for, 1, milliseconds_until(until));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= until) return false;
  }
}

}  // namespace

PeerProcess::PeerProcess(std::uint16_t port, const std::string& program, std::chrono::milliseconds deadline,
                         std::uint32_t threads) {
  try {
    start(port, threads, program);
    wait_until_it_listens(deadline);
  } catch (...) {
    stop();
    throw;
  }
}

PeerProcess::~PeerProcess() { stop(); }

void PeerProcess::start(std::uint16_t port, std::uint32_t threads, const std::string& program) {
  const Descriptor memory(memfd_create("cbench peer counters", MFD_CLOEXEC));
  const std::size_t bytes = threads * sizeof(PeerPage);
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(bytes)) != 0) no_peer(errno, "no memory to count in");
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  if (mapped == MAP_FAILED) no_peer(errno, "no memory to count in");
  pages_ = {static_cast<PeerPage*>(mapped), threads};
  auto [input, our_output] = make_pipe(O_NONBLOCK);
  auto [our_input, output] = make_pipe(O_NONBLOCK);
  its_input_ = std::move(our_output);
  its_output_ = std::move(our_input);

  try {
    pid_ = start_program(
        {.command = {program, "serve", "--port", std::to_string(port), "--until-eof", "--counters-from-fd",
                     std::to_string(counters_fd), "--parent", std::to_string(getpid()), "--threads",
                     std::to_string(threads)},
         .given = {{&input, STDIN_FILENO}, {&output, STDOUT_FILENO}, {&output, STDERR_FILENO}, {&memory, counters_fd}},
         .nothing_else_open = true});
  } catch (const std::system_error& error) {
    no_peer(error.code().value(), program.c_str());
  }
  running_ = true;
}

void PeerProcess::wait_until_it_listens(std::chrono::milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  std::size_t line = std::string::npos;
  while (line == std::string::npos || said_.find('\n', line) == std::string::npos) {
    if (said_.size() > most_said || !readable(its_output_, until)) {
      throw std::runtime_error(fmt::format("the peer (pid {}) did not listen within {} ms; it said: {}", pid_,
                                           deadline.count(),
                                           said_.empty() ? "nothing" : on_one_line(said_.substr(0, 200))));
    }
    if (!read_output()) {
      while (alive() && Clock::now() < until) usleep(1000);  // a process that ends closes its output first
      throw std::runtime_error("the peer could not be started: it " + (running_ ? "closed its output" : end_));
    }
    line = said_.find(listening);
  }
  const char* digits = said_.data() + line + listening.size();
  if (std::from_chars(digits, said_.data() + said_.size(), port_).ec != std::errc() || port_ == 0) {
    throw std::runtime_error("the peer named no port: " + on_one_line(said_));
  }
  said_.clear();
}

// Takes what there is to read; does not block. Returns false at the end of the output.
bool PeerProcess::read_output() {
  std::array<char, 1024> buffer;
  const ssize_t got = read(its_output_.get(), buffer.data(), buffer.size());
  if (got > 0) said_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

bool PeerProcess::alive() {
  if (!running_) return false;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
  running_ = false;
  end_ = ended == pid_ ? how_it_ended(status) : "is gone, and somebody else waited for it";
  read_output();
  if (!said_.empty()) end_ += ": " + on_one_line(said_);
  return false;
}

bool PeerProcess::ends_within(std::chrono::milliseconds time) {
  const auto until = Clock::now() + time;
  while (alive()) {
    if (Clock::now() >= until) return false;
    usleep(500);
  }
  return true;
}

void PeerProcess::watch(std::uint64_t begin_ns, std::uint64_t end_ns) {
  const auto now = std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();  // CLOCK_MONOTONIC
  for (PeerPage& page : pages_) page.set_window(begin_ns != 0 ? begin_ns : static_cast<std::uint64_t>(now), end_ns);
}

PeerCounts PeerProcess::counts() const {
  const auto until = Clock::now() + until_noted;
  PeerCounts all;
  for (const PeerPage& page : pages_) {
    const std::uint64_t sent = page.replies_begun.load();
    const auto noted = [&] { return page.replies_noted.load() >= std::min(sent, page.replies_begun.load()); };
    while (!noted() && Clock::now() < until) usleep(20);
    all += page.read();
  }
  return all;
}

// Asks the peer to end, and makes it. Bounded: a process that even SIGKILL does not end is left to the kernel.
void PeerProcess::stop() {
  its_input_.reset();
  if (!ends_within(port_ != 0 ? grace : std::chrono::milliseconds(0))) {
    kill(pid_, SIGKILL);
    ends_within(grace);
  }
  if (!pages_.empty()) munmap(pages_.data(), pages_.size_bytes());
}

}  // namespace cbench
