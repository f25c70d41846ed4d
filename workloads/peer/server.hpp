// The peer that `request` steps talk to: it sends each frame back after the delay that the frame asks for. One thread,
// so that it costs the machine as little as a server can, in a process of its own, so that its CPU time is its own; on
// machines of many CPUs, where one thread is too slow for the models, several that share nothing but the port.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "workloads/peer/witness.hpp"

namespace cbench {

inline constexpr std::uint32_t most_peers = 64;  // threads

struct PeerOptions {
  std::uint16_t port = 0;     // 0: the kernel chooses a free one
  int stop_at_eof_of = -1;    // a pipe, socket or terminal: its end of file ends the peer; what comes is dropped
  std::uint32_t threads = 1;  // each with the connections that the kernel gives it, by a hash of their ports
  std::span<PeerPage> pages;  // where they count, a page each; none: nobody looks
  std::function<void(std::uint16_t port)> ready;  // called once, when it listens, with the port
};

// Serves on 127.0.0.1, on the calling thread and the further ones, until stop_at_eof_of ends; for ever where there is
// none. Throws std::runtime_error where it cannot listen on that port, and std::terminate is called where a further
// thread cannot. First raises the process's limit of descriptors as far as
// it goes: it holds as many connections as that allows, and others wait unanswered until there is room again.
//
// A connection that sends what is no request is closed, and no other suffers. Frames of one connection are answered
// each at its own due time, whatever their order. What is kept for a connection is bounded: one that has about 1 MiB
// of replies unsent (not due, or not read by the client) is not read from until there are fewer.
void serve(const PeerOptions& options);

}  // namespace cbench
