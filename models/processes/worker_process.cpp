#include "models/processes/worker_process.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "system/child_process.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr auto grace = 1s;  // for a worker that is asked to end

[[noreturn]] void no_worker(const char* what) {
  throw std::system_error(errno, std::generic_category(), fmt::format("no worker process: {}", what));
}

}  // namespace

WorkerProcess::WorkerProcess(std::span<const WorkerProcess> siblings, const std::function<void(int socket)>& serve,
                             const std::function<void(const char* reason)>& failed) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) no_worker("no socket to it");
  socket_ = Descriptor(ends[0]);
  Descriptor its_socket(ends[1]);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) no_worker("fork");
  if (pid_ > 0) return;

  // In the child, which ends here: what the parent would do at its end is not for the child to do.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  socket_.reset();
  for (const WorkerProcess& sibling : siblings) close(sibling.socket());
  try {
    serve(its_socket.get());
  } catch (const std::exception& error) {
    failed(error.what());
    _exit(1);
  }
  _exit(0);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : socket_(std::move(other.socket_)), pid_(std::exchange(other.pid_, -1)) {}

WorkerProcess::~WorkerProcess() {
  if (pid_ < 0) return;
  hang_up();
  const auto until = std::chrono::steady_clock::now() + grace;
  while (std::chrono::steady_clock::now() < until) {
    if (waitpid(pid_, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(200us);
  }
  kill();
  wait();
}

void WorkerProcess::kill() const {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

std::string WorkerProcess::wait() {
  if (pid_ < 0) return "has ended before";
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0) {
    if (errno == EINTR) continue;
    pid_ = -1;
    return "ended, and somebody else waited for it";
  }
  pid_ = -1;
  return how_it_ended(status);
}

}  // namespace cbench
