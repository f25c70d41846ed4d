// What the benchmarks of channels share: what is sent, and whether all of it came, once and in order. An operation is
// one message from a sender to a receiver.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "micro/benchmark.hpp"
#include "micro/team.hpp"

namespace cbench::micro {

// The receiver's. Messages are 0, 1, 2, ...
class Received {
 public:
  void take(std::uint64_t message) {
    if (message != count_) ++misplaced_;
    ++count_;
  }
  // Throws Defect where a message was lost, came twice or out of order.
  void check(std::uint64_t sent) const {
    check_count("messages that came", count_, sent);
    check_count("messages that came out of order", misplaced_, 0);
  }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t misplaced_ = 0;
};

// One thread sends, the other receives, both as a thread does that has nothing else to do: it blocks.
template <class Send, class Receive>
Measurement send_across(Placement placement, std::uint64_t operations, Send send, Receive receive) {
  Received received;
  const Measurement measurement = run_threads({[&] {
                                                 for (std::uint64_t i = 0; i < operations; ++i) send(i);
                                               },
                                               [&] {
                                                 for (std::uint64_t i = 0; i < operations; ++i)
                                                   received.take(receive());
                                               }},
                                              placement);
  received.check(operations);
  return measurement;
}

// One thread sends and receives in turn: what the channel costs where nobody waits.
template <class Send, class Receive>
Measurement send_to_oneself(std::uint64_t operations, Send send, Receive receive) {
  Received received;
  const Measurement measurement = run_team(1, operations, [&](std::uint32_t, std::uint64_t share) {
    for (std::uint64_t i = 0; i < share; ++i) {
      send(i);
      received.take(receive());
    }
  });
  received.check(operations);
  return measurement;
}

}  // namespace cbench::micro
