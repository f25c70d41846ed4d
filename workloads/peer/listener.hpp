// Where the peer is reached: a socket that listens on 127.0.0.1.
#pragma once

#include <cstdint>

#include "system/descriptor.hpp"

namespace cbench {

// Port 0: any free one. `shared`: several sockets of one user may listen there, and the kernel spreads connections over
// them by a hash of both ends. Throws std::runtime_error where another program listens there, std::system_error where
// there is no socket or it cannot listen.
Descriptor listen_on(std::uint16_t port, bool shared);

std::uint16_t port_of(const Descriptor& listener);

}  // namespace cbench
