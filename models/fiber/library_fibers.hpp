// The scheduling algorithms that Boost.Fiber ships, used as its manual shows: they know sleeping fibers and no sockets,
// so that one thread beside the workers watches those and wakes who waits.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/mutex.hpp>

#include "harness/connections.hpp"
#include "models/waiting/reactor.hpp"
#include "workloads/script.hpp"

namespace cbench {

// In boost::fibers::algo, by these names.
enum class LibraryAlgorithm : std::uint8_t { round_robin, shared_work, work_stealing };

// A FiberRuntime (models/fiber/fiber_tasks.hpp). Idle workers sleep (suspend = true where the library asks), since
// waiting is to use no CPU: the two algorithms that share fibers then wake nobody for what another worker has ready.
class LibraryFibers {
 public:
  // Throws std::runtime_error where the library cannot have work_stealing for so many workers in this process.
  LibraryFibers(LibraryAlgorithm algorithm, std::uint32_t workers, const Connections& connections);

  std::uint32_t count() const { return static_cast<std::uint32_t>(workers_.size()); }
  bool keeps_fibers() const { return algorithm_ == LibraryAlgorithm::round_robin; }
  // shared_work runs what is in its queue before the fiber that frees the stacks of those that have ended: the queue
  // has to become empty now and then, and would not where each fiber launches the next.
  bool launches_from_fibers() const { return algorithm_ != LibraryAlgorithm::shared_work; }

  void install(std::uint32_t worker);
  std::uint32_t here() const;
  std::uint32_t here(Ticks) const { return here(); }  // the library's algorithms look at nothing
  void wait_for_wake(std::uint32_t worker) { workers_[worker]->wake.wait(); }
  void wake(std::uint32_t worker) { workers_[worker]->wake.give(); }
  void sleep(std::chrono::nanoseconds time);
  std::uint64_t request(const Step& step, std::uint32_t connection);

 private:
  // What a fiber waits for. May go as soon as wait() has returned.
  class Signal {
   public:
    // Blocks the calling fiber until somebody calls give(); not at all where that was called before.
    void wait();
    // From any thread.
    void give();

   private:
    boost::fibers::mutex mutex_;  // guards given_
    boost::fibers::condition_variable changed_;
    bool given_ = false;
  };
  struct Worker {
    Signal wake;
    std::array<std::byte, sizeof(FrameHeader) + max_request_bytes>
        buffer;  // for replies: not on the stacks of fibers, which would need room for it
  };

  const LibraryAlgorithm algorithm_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<Reactor> reactor_;  // where there are connections
};

}  // namespace cbench
