#include "workloads/peer/listener.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace cbench {

Descriptor listen_on(std::uint16_t port, bool shared) {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener) throw std::system_error(errno, std::generic_category(), "the peer got no socket");
  const int on = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));  // past the connections of an earlier peer
  if (shared) setsockopt(listener.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  setsockopt(listener.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));  // what is accepted inherits it
  // Inherited, too: a connection that the other side has closed ends in a reset, and leaves no port taken for a minute,
  // whatever the language of the model is able to ask for.
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(listener.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      listen(listener.get(), 65535) == 0) {
    return listener;
  }
  if (errno == EADDRINUSE) {
    throw std::runtime_error(fmt::format("port {} on 127.0.0.1 is taken: another program listens there", port));
  }
  throw std::system_error(errno, std::generic_category(), fmt::format("the peer cannot listen on port {}", port));
}

std::uint16_t port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace cbench
