// The trial's connections to the peer: one for each slot and lane, opened before the first task.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace cbench {

// Owns TCP connections to 127.0.0.1, with Nagle's algorithm off, that leave from as many addresses of this host as they
// need ports. A slot has `lanes` of them: one where its requests
// follow one another, one for each branch where a fan-out makes requests. Sockets are blocking until a model sets
// them otherwise; models may use but not close them.
class Connections {
 public:
  // None at all: for work without requests.
  Connections() = default;

  // Opens slots x lanes connections. Throws std::runtime_error saying what is missing: the peer, ports, or
  // descriptors (with the limit and the value needed).
  Connections(std::uint16_t port, std::uint32_t slots, std::uint32_t lanes);
  ~Connections();
  Connections(Connections&&) noexcept;
  Connections& operator=(Connections&&) noexcept;

  std::uint32_t size() const { return static_cast<std::uint32_t>(descriptors_.size()); }
  // The index of a slot's lane is slot * lanes + lane.
  int operator[](std::uint32_t index) const { return descriptors_[index]; }

  // Sets O_NONBLOCK on all of them.
  void make_nonblocking() const;

 private:
  std::vector<int> descriptors_;
};

// Descriptors that a trial keeps beside its connections: for epoll instances, timers, pipes, files and libraries.
inline constexpr std::uint64_t descriptor_reserve = 256;

// How many can be open at once on a host with so many ephemeral ports.
std::uint64_t most_connections(std::uint64_t ports);

// Raises the soft limit of descriptors to what is needed (plus descriptor_reserve for everything else). Throws
// std::runtime_error naming the limit, its value and the value needed where the hard limit is lower.
void require_descriptors(std::uint64_t needed);

}  // namespace cbench
