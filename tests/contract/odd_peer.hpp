// A peer for one connection, in a process of its own, that answers in a way in which the true one never does.
#pragma once

#include <cstdint>

#include <sys/types.h>

namespace cbench::contract_tests {

enum class Oddity : std::uint8_t {
  // Right, though awkward:
  in_pieces,     // the reply comes a few bytes at a time
  reads_slowly,  // the request leaves this side in many pieces
  // Wrong:
  damaged,           // one byte of the payload differs
  other_header,      // the reply says that it waited another time
  other_nonce,       // the reply answers another request
  first_reply,       // each request gets the reply to the first one
  own_echo,          // the request comes back as it was sent: it was not the peer that answered
  too_long,          // something follows the reply
  ends_early,        // the connection ends in the middle of the reply
  ends_at_once,      // the connection ends instead of a reply
  resets,            // the same, by a reset
  answers_at_once,   // whatever time it was asked to wait
  answers_early,     // after half of that time
  hurries_at_times,  // one reply in ten comes at once
};

class OddPeer {
 public:
  explicit OddPeer(Oddity oddity);
  ~OddPeer();
  OddPeer(const OddPeer&) = delete;
  OddPeer& operator=(const OddPeer&) = delete;

  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace cbench::contract_tests
