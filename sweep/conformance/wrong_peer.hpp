// A peer that answers as the true one never does: too early, or something else than was asked. A model that takes such
// replies for good would never notice that its own requests are not served.
#pragma once

#include <cstdint>

namespace cbench {

enum class WrongReply : std::uint8_t {
  early,  // after half of the time
  other,  // the reply to another request
};

// Serves one connection on a thread of its own, which ends with the object.
class WrongPeer {
 public:
  explicit WrongPeer(WrongReply reply);
  ~WrongPeer();
  WrongPeer(const WrongPeer&) = delete;
  WrongPeer& operator=(const WrongPeer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  struct Serving;
  std::uint16_t port_ = 0;
  Serving* serving_;
};

}  // namespace cbench
