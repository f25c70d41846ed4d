#include "harness/connections.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
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

#include "system/kernel_file.hpp"

namespace cbench {
namespace {

constexpr timeval patience{.tv_sec = 10};  // with a peer that does not accept

// Connections leave from several addresses of this host, 127.0.0.1 and those that follow it, each of which has all
// ports of the ephemeral range. From one address the kernel would take every other port first and, once these are used
// up, look through all of them in vain for each further connection: 14,000 open in a third of a second, 5,000 more in
// six.
constexpr std::uint64_t most_sources = 64;

// How many an address takes before that begins. Others on this host have ports, too.
constexpr std::uint64_t quick_connections(std::uint64_t ports) { return std::max<std::uint64_t>(1, ports * 3 / 8); }

std::uint64_t ephemeral_ports() {
  if (const auto range = read_kernel_file("/proc/sys/net/ipv4/ip_local_port_range")) {
    const auto ends = split(*range, '\t');
    const auto first = leading_number(*range);
    const auto last = ends.size() == 2 ? leading_number(ends[1]) : std::nullopt;
    if (first && last && *first <= *last) return *last - *first + 1;
  }
  return 60999 - 32768 + 1;  // where nobody changed it
}

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
          "{}: no free port is left on this side, on none of the addresses 127.0.0.1 to 127.0.0.{}; sysctl "
          "net.ipv4.ip_local_port_range says how many there are on each (28,232 where nobody changed it)",
          which, most_sources);
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

// The port is chosen when it connects: until then it would be one that no connection of this address has.
void leave_from(int socket, std::uint32_t source) {
  const int on = 1;
  setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
  // Where the host has no such address it is 127.0.0.1 again, which takes longer.
  [[maybe_unused]] const int bound = bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

// Returns a connected socket, or -1 with errno set. Source 0 is 127.0.0.1.
int open_connection(const sockaddr_in& peer, std::uint32_t source) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  const int on = 1;
  const timeval for_ever{};
  if (source != 0) leave_from(socket, source);
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
  const std::uint64_t quick = quick_connections(ephemeral_ports());
  std::uint64_t used_up = 0;  // addresses that had fewer ports than that
  while (descriptors_.size() < needed) {
    const std::uint64_t source = descriptors_.size() / quick + used_up;
    const int socket = open_connection(peer, static_cast<std::uint32_t>(std::min(source, most_sources - 1)));
    if (socket >= 0) {
      descriptors_.push_back(socket);
    } else if (errno == EADDRNOTAVAIL && source + 1 < most_sources) {
      ++used_up;
    } else {
      const int error = errno;
      const std::uint64_t opened = descriptors_.size();
      for (const int descriptor : descriptors_) close(descriptor);
      throw std::runtime_error(why_not_open(port, opened, needed, error));
    }
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

std::uint64_t most_connections(std::uint64_t ports) { return (most_sources - 1) * quick_connections(ports) + ports; }

void require_descriptors(std::uint64_t needed) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t wanted = needed + descriptor_reserve;
  if (limit.rlim_cur >= wanted) return;
  if (limit.rlim_max < wanted) {
    throw std::runtime_error(fmt::format(
        "{} descriptors are needed ({} and {} in reserve), but the hard limit of open files is {}: raise it "
        "(ulimit -Hn {}, or nofile in /etc/security/limits.conf) or run with less in flight",
        wanted, needed, descriptor_reserve, limit.rlim_max, wanted));
  }
  limit.rlim_cur = wanted;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::runtime_error(
        fmt::format("the limit of open files could not be raised to {}: {}", wanted, std::strerror(errno)));
  }
}

}  // namespace cbench
