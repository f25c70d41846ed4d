// One thread that waits for timers and sockets on behalf of tasks that have left their workers: for libraries that
// schedule tasks and know nothing of I/O.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "models/timer_heap.hpp"
#include "workloads/descriptor.hpp"
#include "workloads/frame.hpp"
#include "workloads/script.hpp"

namespace cbench {

// Whoever is to go on: whatever the model can be told by one pointer.
using Waiter = void*;

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

  // A request over one connection, in the calling thread's own time: begin, then attempt until it returns true, with a
  // wait between two attempts. Throws where the connection is lost or the reply is wrong.
  void begin_request(const Step& step, std::uint32_t connection);
  // Sends and receives what can be at once. True: the reply is complete.
  bool attempt(std::uint32_t connection);
  std::uint64_t reply(std::uint32_t connection) const { return peers_[connection].exchange.value(); }
  // False where the connection has become ready since the last attempt: attempt again. True: the waiter goes on when it
  // is ready, as with sleep.
  bool wait_for(std::uint32_t connection, Waiter waiter);

 private:
  // Who waits for a connection: nobody, a waiter, or `ready_sign` where nobody waited when it became ready.
  struct Peer {
    Exchange exchange;
    std::atomic<Waiter> waiting{nullptr};
    bool reply_is_due = false;  // where the peer was asked to wait, the first look would come too early
  };
  struct Sleep {
    Ticks due;
    Waiter waiter;
  };

  void run();
  bool set_wake_up_time();
  void wait_for_events();
  Waiter take_ready(Peer& peer);

  const Connections& connections_;
  const std::function<void(std::span<const Waiter>)> go_on_;
  std::vector<Peer> peers_;
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
