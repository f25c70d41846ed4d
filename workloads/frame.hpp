// The frame that a `request` step sends to the peer and gets back, and the exchange of one such frame free of I/O:
// every model moves these bytes by its own library's means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

#include "workloads/script.hpp"

namespace cbench {

// 32 bytes in front of `bytes` of payload, in the byte order of the machine: the peer is always on this host.
struct FrameHeader {
  static constexpr std::uint32_t magic_value = 0x63626e63;

  std::uint32_t magic = magic_value;
  std::uint32_t bytes = 0;     // of payload after this header; at most max_request_bytes
  std::uint64_t delay_ns = 0;  // how long the peer waits before it sends the frame back
  std::uint64_t nonce = 0;     // differs from frame to frame of a connection: tells a late reply from the right one
  std::uint64_t served = 0;    // 0 in a request; the peer puts ~nonce here: shows that it was the peer that answered
};
static_assert(sizeof(FrameHeader) == 32);

// The payload that every frame carries, of which a frame sends the first `bytes`.
std::span<const std::byte> frame_payload();

// One request at a time on one connection. The owner sends `to_send()`, reads into `room()` and says how much came.
// A value of 80 bytes without allocation; not thread-safe; one per connection, reused for each request.
class Exchange {
 public:
  // Begins a request; `connection` makes nonces differ between connections.
  void begin(const Step& step, std::uint32_t connection) {
    sent_ = FrameHeader{.bytes = step.bytes,
                        .delay_ns = static_cast<std::uint64_t>(step.time.count()),
                        .nonce = (std::uint64_t{connection} << 32U) | ++sequence_};
    written_ = 0;
    received_ = 0;
  }

  // What is still to be sent: at most two pieces (the second may be empty), both empty when everything is sent.
  std::array<std::span<const std::byte>, 2> to_send() const {
    const auto header = std::as_bytes(std::span(&sent_, 1));
    const auto payload = frame_payload().first(sent_.bytes);
    if (written_ < header.size()) return {header.subspan(written_), payload};
    return {std::span<const std::byte>{}, payload.subspan(written_ - header.size())};
  }
  void sent(std::size_t bytes) { written_ += static_cast<std::uint32_t>(bytes); }
  bool all_sent() const { return written_ == sizeof(FrameHeader) + sent_.bytes; }

  // Bytes of the reply that are still to come.
  std::size_t missing() const { return sizeof(FrameHeader) + sent_.bytes - received_; }

  // Takes bytes that were read, in order. Returns true when the reply is complete. Throws std::runtime_error where it
  // is not the reply that was asked for, or where more came than was asked for.
  bool receive(std::span<const std::byte> data);

  // What the complete reply folds into the digest.
  std::uint64_t value() const { return reply_value(reply_.bytes, reply_.delay_ns); }

 private:
  FrameHeader sent_;
  FrameHeader reply_;
  std::uint32_t written_ = 0;
  std::uint32_t received_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace cbench
