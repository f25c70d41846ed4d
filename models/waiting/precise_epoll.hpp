// An epoll set that is waited on to the nanosecond.
#pragma once

#include <cerrno>
#include <ctime>
#include <system_error>

#include <sys/epoll.h>

#include "system/descriptor.hpp"

namespace cbench {

// A new set. Throws std::system_error where there is none, and where the kernel cannot wait on it with epoll_pwait2
// (before Linux 5.11, or in a sandbox that does not know the call): a loop that waited all the same would spin.
inline Descriptor precise_epoll() {
  Descriptor set(epoll_create1(EPOLL_CLOEXEC));
  if (!set) throw std::system_error(errno, std::generic_category(), "no epoll descriptor");
  epoll_event none{};
  const timespec at_once{};
  if (epoll_pwait2(set.get(), &none, 1, &at_once, nullptr) < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(),
                            "the kernel cannot wait for events to the nanosecond (epoll_pwait2, Linux 5.11 or newer)");
  }
  return set;
}

}  // namespace cbench
