// Connections in groups, and a word when one of a group is ready. For workers that cannot wait themselves and look
// after their connections in their own time: while there is enough to do they look again by themselves, and nobody
// needs waking for it.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "models/waiting/peer_requests.hpp"
#include "system/descriptor.hpp"

namespace cbench {

class Readiness {
 public:
  // All `lanes` connections of a slot are in group group_of(slot), below `groups`, which is asked here and not kept.
  // `tell(group)` is called on a thread of this class, once, when connections of the group are ready: whoever hears it
  // collects until there is nothing more.
  Readiness(const Connections& connections, std::uint32_t lanes, std::uint32_t groups,
            const std::function<std::uint32_t(std::uint32_t slot)>& group_of,
            std::function<void(std::uint32_t group)> tell);
  // From now on `tell` is called: once, when whoever hears it knows this object.
  void begin();
  // From then on it is called no more: for whoever needs this object for longer than those whom it tells. Nobody may
  // wait any more.
  void end();
  ~Readiness() { end(); }

  PeerRequests& requests() { return requests_; }

  // Adds those whose connections have become ready. False: none was, and `tell` is called again for the next one. On
  // one thread at a time for a group. Never blocks.
  bool collect(std::uint32_t group, std::vector<Waiter>& ready);

 private:
  void run();

  PeerRequests requests_;
  const std::function<void(std::uint32_t)> tell_;
  std::vector<Descriptor> groups_;  // an epoll each
  Descriptor all_;                  // an epoll of theirs
  Descriptor stop_;
  std::thread thread_;
};

}  // namespace cbench
