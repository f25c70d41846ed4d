// What Boost.Fiber leaves to its users: a scheduling algorithm that also waits for sockets and timers, so that one
// thread serves both its fibers and their I/O without a second thread to wake it. Shared by `fibers` and `csp`.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include <sys/epoll.h>
#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/scheduler.hpp>

#include "harness/connections.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "models/waiting/timer_heap.hpp"
#include "system/cache_lines.hpp"
#include "system/descriptor.hpp"
#include "workloads/frame.hpp"
#include "workloads/script.hpp"

namespace cbench {

class FiberScheduler;

// Which worker runs a fiber that is ready.
enum class FiberPolicy : std::uint8_t {
  round_robin,    // the worker on which it was launched, always: no locks
  shared_work,    // whichever worker is free first: one queue for all
  work_stealing,  // its worker, unless another runs out of work and takes it
};

// What the schedulers of one model know of each other. Made before and destroyed after all of them.
class FiberWorkers {
 public:
  FiberWorkers(FiberPolicy policy, std::uint32_t count, const Connections& connections);

  FiberPolicy policy() const { return policy_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(schedulers_.size()); }
  FiberScheduler& operator[](std::uint32_t worker) const { return *schedulers_[worker]; }

 private:
  friend class FiberScheduler;

  // Fibers ready to run anywhere. shared_work uses the first one only.
  struct alignas(lines_apart) ReadyQueue {
    std::mutex mutex;
    std::deque<boost::fibers::context*> fibers;  // guarded by mutex
    std::atomic<std::size_t> size{0};
  };
  // The exchange of one connection, the fiber that waits for it, and the worker whose epoll watches it: a worker that
  // still holds an event of a connection that has moved on reads `waiting` first and leaves the fiber alone.
  struct alignas(lines_apart) Peer {
    TimedExchange exchange;
    std::atomic<boost::fibers::context*> waiting{nullptr};
    std::atomic<FiberScheduler*> watched_by{nullptr};
  };

  boost::fibers::context* take_ready(std::uint32_t worker);
  void put_ready(std::uint32_t worker, boost::fibers::context* fiber);
  bool has_ready(std::uint32_t worker) const;

  const FiberPolicy policy_;
  const Connections& connections_;
  std::vector<Peer> peers_;
  std::vector<ReadyQueue> queues_;
  std::atomic<std::uint32_t> idle_{0};
  std::vector<boost::intrusive_ptr<FiberScheduler>> schedulers_;
};

// The algorithm of one worker. Everything but wake() is called on the worker's own thread.
class FiberScheduler final : public boost::fibers::algo::algorithm {
 public:
  FiberScheduler(FiberWorkers& workers, std::uint32_t worker);

  // The scheduler of the calling worker thread.
  static FiberScheduler& current();
  // Makes this the algorithm of the calling thread. Call once, first thing on the thread.
  void install();
  std::uint32_t worker() const { return worker_; }

  // A stamp that the caller has anyway: the scheduler need not take one to know whether to look at its sockets.
  void note(Ticks now) {
    known_now_ = now;
    unstamped_ = 0;
  }

  // Blocks the calling fiber for that long.
  void sleep(std::chrono::nanoseconds time);
  // Sends a request and blocks the calling fiber until the reply is there. Returns what it folds. Throws where the
  // connection is lost or the reply is wrong. The fiber may go on on another worker, unless the policy is round_robin.
  std::uint64_t request(const Step& step, std::uint32_t connection);

  // Blocks the worker's main fiber until somebody calls wake(); returns at once where it was called since.
  void wait_for_wake();
  // From any thread.
  void wake();

  // Boost.Fiber's side.
  void awakened(boost::fibers::context* fiber) noexcept override;
  boost::fibers::context* pick_next() noexcept override;
  bool has_ready_fibers() const noexcept override;
  void suspend_until(const std::chrono::steady_clock::time_point& until) noexcept override;
  void notify() noexcept override;

 private:
  friend class FiberWorkers;

  void watch(std::uint32_t connection);
  void wait_for(FiberWorkers::Peer& peer);
  // Makes ready whom timers, sockets and wake() concern; blocks for up to `timeout_ns` (negative: without limit).
  void poll(std::int64_t timeout_ns) noexcept;
  void poll_if_due() noexcept;
  bool is_poll_due() noexcept;
  void wake_main_fiber() noexcept;

  FiberWorkers& workers_;
  const std::uint32_t worker_;
  boost::fibers::scheduler::ready_queue_type pinned_;  // ready here: all fibers, or those that cannot migrate
  boost::fibers::context* dispatcher_ = nullptr;       // the library's own fiber; null while that runs
  TimerHeap<boost::fibers::context*> sleepers_;
  Ticks poll_interval_;
  Ticks next_poll_ = 0;
  Ticks known_now_ = 0;          // some turns old at most
  std::uint32_t unstamped_ = 0;  // turns since then
  std::uint32_t turns_ = 0;      // of other fibers since the dispatcher's
  // Not on the stack of the fiber that happens to look or to read: every fiber's stack would have to have room for
  // them.
  std::array<epoll_event, 256> events_{};
  std::array<std::byte, sizeof(FrameHeader) + max_request_bytes> buffer_{};
  Descriptor epoll_;
  Descriptor event_;
  std::atomic<bool> notified_{false};
  std::atomic<bool> blocked_{false};
  std::atomic<bool> wanted_{false};                     // wake() was called
  boost::fibers::context* waiting_for_wake_ = nullptr;  // the main fiber, while it waits
};

}  // namespace cbench
