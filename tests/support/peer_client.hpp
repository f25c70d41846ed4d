// A client of the peer for tests: blocking, one connection, and free to send what no well-behaved client sends.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "system/descriptor.hpp"
#include "workloads/frame.hpp"

namespace cbench {

// The bytes of a request; the payload is that of every frame.
inline std::vector<std::byte> request_frame(std::uint64_t nonce, std::uint32_t bytes = 0,
                                            std::chrono::nanoseconds delay = {}) {
  const FrameHeader header{.bytes = bytes, .delay_ns = static_cast<std::uint64_t>(delay.count()), .nonce = nonce};
  std::vector<std::byte> frame(sizeof(header) + bytes);
  std::memcpy(frame.data(), &header, sizeof(header));
  std::memcpy(frame.data() + sizeof(header), frame_payload().data(), bytes);
  return frame;
}

class PeerClient {
 public:
  explicit PeerClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)), 0) << strerror(errno);
  }

  int descriptor() const { return socket_.get(); }
  void close() { socket_.reset(); }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }

  void send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0) << strerror(errno);
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
  }
  void send(const std::string& text) { send(std::as_bytes(std::span(text))); }

  // The next reply whole, header and payload; nothing where the connection ended or nothing came for 20 s.
  std::optional<std::vector<std::byte>> reply() {
    std::vector<std::byte> frame(sizeof(FrameHeader));
    if (!receive(frame)) return std::nullopt;
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof(header));
    std::vector<std::byte> payload(header.bytes);
    if (!receive(payload)) return std::nullopt;
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
  }
  // The nonce of the next reply; 0 where none came.
  std::uint64_t reply_nonce() {
    const auto frame = reply();
    if (!frame) return 0;
    FrameHeader header;
    std::memcpy(&header, frame->data(), sizeof(header));
    return header.nonce;
  }
  // Blocks until the peer has closed the connection; false where it sends something or does nothing for 20 s.
  bool closed_by_peer() {
    std::byte byte;
    const ssize_t got = recv(socket_.get(), &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }
  // Sends a request and gets its own reply back.
  bool is_served(std::uint64_t nonce = 4711) {
    send(request_frame(nonce, 64));
    return reply_nonce() == nonce;
  }

 private:
  bool receive(std::span<std::byte> room) {
    return room.empty() ||
           recv(socket_.get(), room.data(), room.size(), MSG_WAITALL) == static_cast<ssize_t>(room.size());
  }

  Descriptor socket_;
};

}  // namespace cbench
