// A forked worker process with a socket to it: its start, its end, and what it died of.
#pragma once

#include <functional>
#include <span>
#include <string>

#include <sys/types.h>

#include "system/descriptor.hpp"

namespace cbench {

// Owns the process: it is gone when the destructor returns, and it dies with the thread that made it. Make it before
// any thread, so that no lock is copied while somebody holds it. Not thread-safe.
class WorkerProcess {
 public:
  // Forks. The child runs serve(socket), a packet socket to this process, and ends when that returns; it should return
  // at the socket's end of file. What it throws is given to `failed` there, and it exits with 1. The child closes the
  // sockets of `siblings` first, so that each of them sees the end of file too. Throws std::system_error.
  WorkerProcess(std::span<const WorkerProcess> siblings, const std::function<void(int socket)>& serve,
                const std::function<void(const char* reason)>& failed);
  ~WorkerProcess();
  WorkerProcess(WorkerProcess&&) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;

  // Not blocking. Readable when the child has sent something or is gone.
  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }

  // Asks it to end: closes the socket.
  void hang_up() { socket_.reset(); }
  void kill() const;
  // Blocks until it has ended. Returns how: "was killed by signal 9 (Killed)", "exited with 1".
  std::string wait();

 private:
  Descriptor socket_;
  pid_t pid_ = -1;  // -1 once it has been waited for
};

}  // namespace cbench
