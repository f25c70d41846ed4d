// Requests to the peer for libraries that schedule tasks and know nothing of sockets: whoever runs a task moves its
// bytes, and somebody else watches the connections for all of them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/connections.hpp"
#include "models/waiting/timed_exchange.hpp"
#include "system/cache_lines.hpp"
#include "workloads/script.hpp"

namespace cbench {

// Whoever is to go on: whatever the model can be told by one pointer.
using Waiter = void*;

class PeerRequests {
 public:
  // Makes the connections nonblocking.
  explicit PeerRequests(const Connections& connections);

  // --- Whoever runs the task, on any thread ---

  // A request over one connection, in the calling thread's own time: begin, then attempt until it returns true, with a
  // wait between two attempts. Throws where the connection is lost or the reply is wrong.
  void begin(const Step& step, std::uint32_t connection);
  // Sends and receives what can be at once. True: the reply is complete.
  bool attempt(std::uint32_t connection);
  // The same where the caller's stack has no room for a buffer.
  bool attempt(std::uint32_t connection, std::span<std::byte> buffer);
  std::uint64_t reply(std::uint32_t connection) const { return peers_[connection].exchange.value(); }
  // False where the connection has become ready since the last attempt: attempt again. True: the waiter is given to
  // whoever watches the connection once it is ready. The caller must not touch what the waiter stands for afterwards:
  // it may be at work again before the call returns.
  bool wait_for(std::uint32_t connection, Waiter waiter);

  // --- Whoever watches, on one thread at a time for each connection ---

  // Edge-triggered, with a name for the connection as the event's data.
  void watch(std::uint32_t connection, int epoll);
  // Who waits for a connection that an event has named; nullptr where nobody waits yet, who then need not.
  static Waiter take_ready(void* name);

 private:
  // Who waits for a connection: nobody, a waiter, or a sign that it became ready while nobody waited.
  struct alignas(lines_apart) Peer {
    TimedExchange exchange;
    std::atomic<Waiter> waiting{nullptr};
    bool reply_is_due = false;  // where the peer was asked to wait, the first look would come too early
  };

  const Connections& connections_;
  std::vector<Peer> peers_;
};

}  // namespace cbench
