#include "models/waiting/peer_requests.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include "models/waiting/send_some.hpp"

namespace cbench {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;

char sign_of_readiness;
const Waiter ready_sign = &sign_of_readiness;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

PeerRequests::PeerRequests(const Connections& connections) : connections_(connections), peers_(connections.size()) {
  connections.make_nonblocking();
}

void PeerRequests::watch(std::uint32_t connection, int epoll) {
  epoll_event interest{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &peers_[connection]}};
  check(epoll_ctl(epoll, EPOLL_CTL_ADD, connections_[connection], &interest) == 0, "a connection cannot be watched");
}

void PeerRequests::begin(const Step& step, std::uint32_t connection) {
  Peer& peer = peers_[connection];
  peer.exchange.begin(step, connection);
  peer.reply_is_due = step.time == std::chrono::nanoseconds{};
}

bool PeerRequests::attempt(std::uint32_t connection) {
  std::array<std::byte, read_bytes> buffer;
  return attempt(connection, buffer);
}

bool PeerRequests::attempt(std::uint32_t connection, std::span<std::byte> buffer) {
  Peer& peer = peers_[connection];
  while (!peer.exchange.all_sent()) {
    const ssize_t sent = send_some(peer.exchange, connections_[connection]);
    if (sent < 0 && errno == EAGAIN) return false;
    check(sent >= 0 || errno == EINTR, "the request could not be sent to the peer");
  }
  if (!std::exchange(peer.reply_is_due, true)) return false;
  for (;;) {
    const ssize_t got = recv(connections_[connection], buffer.data(), buffer.size(), 0);
    if (got == 0) throw std::runtime_error("the peer closed the connection before it answered");
    if (got < 0 && errno == EAGAIN) return false;
    check(got > 0 || errno == EINTR, "the reply could not be read from the peer");
    if (got > 0 && peer.exchange.receive({buffer.data(), static_cast<std::size_t>(got)})) return true;
  }
}

bool PeerRequests::wait_for(std::uint32_t connection, Waiter waiter) {
  std::atomic<Waiter>& waiting = peers_[connection].waiting;
  Waiter nobody = nullptr;
  if (waiting.compare_exchange_strong(nobody, waiter)) return true;
  waiting.store(nullptr);  // before the next attempt: what becomes ready from now on is either seen by it or signed
  return false;
}

Waiter PeerRequests::take_ready(void* name) {
  Peer& peer = *static_cast<Peer*>(name);
  // A waiter stays until it is taken here, so that only where there was none yet somebody may come in between.
  Waiter waiter = peer.waiting.load();
  if (waiter == nullptr || waiter == ready_sign) waiter = peer.waiting.exchange(ready_sign);
  if (waiter == nullptr || waiter == ready_sign) return nullptr;
  peer.waiting.store(nullptr);
  return waiter;
}

}  // namespace cbench
