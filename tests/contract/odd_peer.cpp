#include "tests/contract/odd_peer.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/frame.hpp"

namespace cbench::contract_tests {
namespace {

constexpr std::size_t few_bytes = 7;
constexpr useconds_t pause_us = 500;

// Returns false where the connection is over.
bool read_all(int socket, std::span<std::byte> data, bool slowly) {
  while (!data.empty()) {
    if (slowly) usleep(pause_us);
    const ssize_t got = recv(socket, data.data(), slowly ? std::min<std::size_t>(data.size(), 2048) : data.size(), 0);
    if (got <= 0) return false;
    data = data.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

void send_all(int socket, std::span<const std::byte> data, bool in_pieces) {
  while (!data.empty()) {
    const ssize_t sent =
        send(socket, data.data(), in_pieces ? std::min(data.size(), few_bytes) : data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    data = data.subspan(static_cast<std::size_t>(sent));
    if (in_pieces) usleep(pause_us);
  }
}

// How long the peer waits before its reply number `replies`, counted from 1.
useconds_t pause_before(Oddity oddity, const FrameHeader& header, int replies) {
  const auto asked_us = static_cast<useconds_t>(header.delay_ns / 1000);
  if (oddity == Oddity::answers_at_once || (oddity == Oddity::hurries_at_times && replies % 10 == 0)) return 0;
  return oddity == Oddity::answers_early ? asked_us / 2 : asked_us;
}

// Ends the process.
[[noreturn]] void answer(int listener, Oddity oddity) {
  const int socket = accept(listener, nullptr, nullptr);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  FrameHeader header;
  std::vector<std::byte> first;  // reply
  int replies = 0;
  while (read_all(socket, std::as_writable_bytes(std::span(&header, 1)), oddity == Oddity::reads_slowly)) {
    std::vector<std::byte> frame(sizeof(header) + header.bytes);
    if (!read_all(socket, std::span(frame).subspan(sizeof(header)), oddity == Oddity::reads_slowly)) break;
    usleep(pause_before(oddity, header, ++replies));
    if (oddity == Oddity::ends_at_once) break;
    if (oddity == Oddity::resets) {
      const linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
      break;
    }
    if (oddity != Oddity::own_echo) header.served = ~header.nonce;
    if (oddity == Oddity::other_header) ++header.delay_ns;
    if (oddity == Oddity::other_nonce) {
      ++header.nonce;
      header.served = ~header.nonce;
    }
    std::memcpy(frame.data(), &header, sizeof(header));
    if (first.empty()) first = frame;
    if (oddity == Oddity::first_reply) frame = first;
    if (oddity == Oddity::damaged) frame.back() ^= std::byte{1};
    if (oddity == Oddity::too_long) frame.push_back(std::byte{0});
    if (oddity == Oddity::ends_early) frame.pop_back();
    send_all(socket, frame, oddity == Oddity::in_pieces);
    if (oddity == Oddity::ends_early) break;
  }
  _exit(0);
}

}  // namespace

OddPeer::OddPeer(Oddity oddity) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int little = 2048;  // what is sent in one piece must not be read in one piece
  if (oddity == Oddity::reads_slowly) setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (listener < 0 || bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      listen(listener, 1) != 0 || getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the odd peer cannot listen");
  }
  port_ = ntohs(address.sin_port);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    answer(listener, oddity);
  }
  close(listener);
}

OddPeer::~OddPeer() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

}  // namespace cbench::contract_tests
