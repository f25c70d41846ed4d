#include "harness/connections.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace cbench {
namespace {

constexpr std::uint64_t reserve = 256;     // for epoll instances, timers, pipes, files and libraries
constexpr timeval patience{.tv_sec = 10};  // with a peer that does not accept

std::string why_not_open(std::uint16_t port, std::uint64_t opened, std::uint64_t needed, int error) {
  const std::string which = fmt::format("connection {} of {} to the peer on port {}", opened + 1, needed, port);
  switch (error) {
    case ECONNREFUSED: return fmt::format("no peer listens on port {}: {} was refused", port, which);
    case EMFILE:
    case ENFILE:
      return fmt::format("{}: no descriptor is left in this {} ({})", which, error == EMFILE ? "process" : "system",
                         error == EMFILE ? "ulimit -n" : "sysctl fs.file-max");
    case EADDRNOTAVAIL:
      return fmt::format(
          "{}: no free port is left on this side; sysctl net.ipv4.ip_local_port_range says how many there are "
          "(28,232 where nobody changed it)",
          which);
    case EINPROGRESS:
    case ETIMEDOUT: return fmt::format("{}: the peer did not accept it within {} s", which, patience.tv_sec);
    default: return fmt::format("{}: {}", which, std::strerror(error));
  }
}

bool connected(int socket, const sockaddr_in& peer) {
  while (connect(socket, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) {
    if (errno != EINTR) return false;  // after a signal, connecting again goes on waiting
  }
  return true;
}

// Returns a connected socket, or -1 with errno set.
int open_connection(const sockaddr_in& peer) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  const timeval for_ever{};
  // Closing resets the connection. It would otherwise hold its port for a minute, and a few trials would use up all.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
      setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) == 0 &&
      setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 && connected(socket, peer) &&
      setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &for_ever, sizeof(for_ever)) == 0) {
    return socket;
  }
  const int error = errno;
  close(socket);
  errno = error;
  return -1;
}

}  // namespace

// One blocking connect after the other: on loopback the handshake is over when connect returns, so that connecting in
// batches without blocking gains nothing.
Connections::Connections(std::uint16_t port, std::uint32_t slots, std::uint32_t lanes) {
  const std::uint64_t needed = std::uint64_t{slots} * lanes;
  if (needed == 0) return;
  require_descriptors(needed);
  descriptors_.reserve(needed);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(port);
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  while (descriptors_.size() < needed) {
    const int socket = open_connection(peer);
    if (socket < 0) {
      const int error = errno;
      const std::uint64_t opened = descriptors_.size();
      for (const int descriptor : descriptors_) close(descriptor);
      throw std::runtime_error(why_not_open(port, opened, needed, error));
    }
    descriptors_.push_back(socket);
  }
}

Connections::~Connections() {
  for (const int descriptor : descriptors_) close(descriptor);
}

Connections::Connections(Connections&& other) noexcept : descriptors_(std::exchange(other.descriptors_, {})) {}

Connections& Connections::operator=(Connections&& other) noexcept {
  std::swap(descriptors_, other.descriptors_);
  return *this;
}

void Connections::make_nonblocking() const {
  for (const int descriptor : descriptors_) fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

void require_descriptors(std::uint64_t needed) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t wanted = needed + reserve;
  if (limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw std::runtime_error(fmt::format(
        "{} descriptors are needed ({} and {} in reserve), but the hard limit of open files is {}: raise it "
        "(ulimit -Hn {}, or nofile in /etc/security/limits.conf) or run with less in flight",
        wanted, needed, reserve, limit.rlim_max, wanted));
  }
  limit.rlim_cur = wanted;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::runtime_error(
        fmt::format("the limit of open files could not be raised to {}: {}", wanted, std::strerror(errno)));
  }
}

}  // namespace cbench
