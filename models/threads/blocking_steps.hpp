// The steps of a script by calls that block the calling OS thread: what `sequential`, `threads`, `pool` and
// `processes` share. Fan-out is each model's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "harness/connections.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "system/cache_lines.hpp"
#include "workloads/script.hpp"

namespace cbench {

// Sleeps on the kernel's high-resolution timer.
void sleep_thread(std::chrono::nanoseconds time);

// Blocking requests, one at a time per connection; connections in use by different threads at once.
class BlockingRequests {
 public:
  explicit BlockingRequests(const Connections& connections)
      : connections_(connections), exchanges_(connections.size()) {}

  // Sends the request and blocks until the reply is there. Returns what it folds. Throws std::runtime_error where the
  // connection is lost or the reply is wrong.
  std::uint64_t operator()(const Step& step, std::uint32_t connection);

 private:
  // Numbers the frames of its connection, so that a late reply is told from the right one.
  struct alignas(lines_apart) Peer {
    TimedExchange exchange;
  };

  const Connections& connections_;
  std::vector<Peer> exchanges_;
};

// The idiom without fan-out.
class BlockingSteps {
 public:
  BlockingSteps(const Connections& connections, std::uint32_t locks) : requests_(connections), locks_(locks) {}

  void wait(std::chrono::nanoseconds time) { sleep_thread(time); }
  std::uint64_t request(const Step& step, std::uint32_t connection) { return requests_(step, connection); }
  void lock(std::uint32_t number) { locks_[number].mutex.lock(); }
  void unlock(std::uint32_t number) { locks_[number].mutex.unlock(); }

 private:
  struct alignas(lines_apart) Lock {
    std::mutex mutex;
  };

  BlockingRequests requests_;
  std::vector<Lock> locks_;
};

}  // namespace cbench
