// One thread that waits for timers and sockets on behalf of tasks that have left their workers: for libraries that
// schedule tasks and know nothing of I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "models/waiting/peer_requests.hpp"
#include "models/waiting/timer_heap.hpp"
#include "system/descriptor.hpp"

namespace cbench {

class Reactor {
 public:
  // `go_on` is called on the reactor's thread with those whose wait is over; it must not block.
  // Makes the connections nonblocking.
  Reactor(const Connections& connections, std::function<void(std::span<const Waiter>)> go_on);
  // Nobody may wait any more.
  ~Reactor();

  // The waiter goes on when the time is over. From any thread; the caller must not touch what the waiter stands for
  // afterwards: it may be at work again before the call returns.
  void sleep(std::chrono::nanoseconds time, Waiter waiter);

  // Their waiters go on as those of sleep do.
  PeerRequests& requests() { return requests_; }

 private:
  struct Sleep {
    Ticks due;
    Waiter waiter;
  };

  void run();
  bool set_wake_up_time();
  void wait_for_events();

  PeerRequests requests_;
  const std::function<void(std::span<const Waiter>)> go_on_;
  Descriptor epoll_;
  Descriptor event_;
  TimerHeap<Waiter> sleepers_;  // the thread's own, as are the next two
  std::vector<Sleep> arrived_;
  std::vector<Waiter> over_;
  std::mutex mutex_;  // guards the rest
  std::vector<Sleep> arriving_;
  Ticks wakes_at_ = 0;  // who is due earlier must wake the thread; 0 while it is awake
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cbench
