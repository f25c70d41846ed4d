// The peer as a child process: started before the first trial of a sweep that makes requests, watched, and stopped
// after the last one.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include <sys/types.h>

#include "system/descriptor.hpp"
#include "workloads/peer/witness.hpp"

namespace cbench {

// Owns the process. It ends with the object, and with the thread that made the object where that one dies first, by
// whatever signal. In a process group of its own: Ctrl-C at the terminal reaches the sweep, which still needs the peer
// while it reports. Several may live side by side, each with its port and its counts. Not thread-safe; nobody else may
// wait for the pid.
class PeerProcess {
 public:
  // Runs `program serve --port PORT --threads N --until-eof` and blocks until it listens. Port 0: any free one. Throws
  // std::runtime_error with what the program said where it does not listen within `deadline`.
  explicit PeerProcess(std::uint16_t port = 0, const std::string& program = "/proc/self/exe",
                       std::chrono::milliseconds deadline = std::chrono::seconds(10), std::uint32_t threads = 1);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

  // Looks whether the process still runs; does not block.
  bool alive();
  // Whether it has ended by then; blocks until it has, or for that long. One that is killed closes its connections
  // first: a trial fails before anybody sees that the peer is gone.
  bool ends_within(std::chrono::milliseconds time);
  // How it ended, once it is not alive: "was killed by signal 9 (Killed)", "exited with 1: ..." with its last words.
  const std::string& end() const { return end_; }

  // Counts replies anew from now on that are sent at instants within [begin, end), as CLOCK_MONOTONIC tells them. A
  // trial's window is set as soon as the trial has said it, before it begins; where that comes too late, counts() says
  // so. Begin 0 stands for now: call it so before a trial of fixed work is started, all of whose replies count.
  void watch(std::uint64_t begin_ns = 0, std::uint64_t end_ns = UINT64_MAX);
  // What it has counted since it started, and within the window set last; what it had counted, once it is not alive.
  // Every reply that anybody has received before the call is among them. Blocks until it is, for microseconds as a
  // rule and 100 ms at most.
  PeerCounts counts() const;

 private:
  void start(std::uint16_t port, std::uint32_t threads, const std::string& program);
  void wait_until_it_listens(std::chrono::milliseconds deadline);
  bool read_output();
  void stop();

  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  bool running_ = false;
  Descriptor its_input_;   // closed to end it
  Descriptor its_output_;  // standard output and error
  std::string said_;
  std::string end_;
  std::span<PeerPage> pages_;  // shared with it, one a thread
};

}  // namespace cbench
