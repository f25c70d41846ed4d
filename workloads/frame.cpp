#include "workloads/frame.hpp"

#include <algorithm>
#include <string>

namespace cbench {
namespace {

constexpr std::array<std::byte, max_request_bytes> payload_bytes = [] {
  std::array<std::byte, max_request_bytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return bytes;
}();

[[noreturn]] void wrong_reply(const std::string& what) {
  throw std::runtime_error("wrong reply from the peer: " + what);
}

}  // namespace

std::span<const std::byte> frame_payload() { return payload_bytes; }

bool Exchange::receive(std::span<const std::byte> data) {
  if (data.size() > missing()) wrong_reply("it is longer than what was asked for");
  while (!data.empty()) {
    std::size_t taken = 0;
    if (received_ < sizeof(FrameHeader)) {
      taken = std::min(data.size(), sizeof(FrameHeader) - received_);
      std::memcpy(reinterpret_cast<std::byte*>(&reply_) + received_, data.data(), taken);
    } else {
      taken = data.size();
      const auto expected = frame_payload().subspan(received_ - sizeof(FrameHeader), taken);
      if (std::memcmp(expected.data(), data.data(), taken) != 0) wrong_reply("its payload is damaged");
    }
    received_ += static_cast<std::uint32_t>(taken);
    data = data.subspan(taken);
    if (received_ == sizeof(FrameHeader)) {
      if (reply_.magic != FrameHeader::magic_value || reply_.bytes != sent_.bytes ||
          reply_.delay_ns != sent_.delay_ns) {
        wrong_reply("its header is not the one sent");
      }
      if (reply_.nonce != sent_.nonce || reply_.served != ~sent_.nonce) wrong_reply("it answers another request");
    }
  }
  return missing() == 0;
}

}  // namespace cbench
