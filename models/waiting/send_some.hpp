// The one way in which models that own their system calls put a request on a socket.
#pragma once

#include <cstddef>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "models/waiting/timed_exchange.hpp"

namespace cbench {

// Sends what it can of what the exchange has still to send, in one system call. Blocks as the socket does, or as
// `flags` (of sendmsg) say. Returns what sendmsg did, with errno as it left it.
inline ssize_t send_some(TimedExchange& exchange, int descriptor, int flags = 0) {
  const auto pieces = exchange.to_send();
  iovec parts[2];
  for (std::size_t i = 0; i < 2; ++i) parts[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  const ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL | flags);
  if (sent > 0) exchange.sent(static_cast<std::size_t>(sent));
  return sent;
}

}  // namespace cbench
