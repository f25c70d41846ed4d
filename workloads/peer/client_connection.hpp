// One client of the peer: its socket, and what the peer keeps for it in memory.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/socket.h>

#include "system/descriptor.hpp"

namespace cbench {

// The kernel's buffers hold what is not yet read; `readable` and `writable` remember the edges that epoll reported.
struct PeerConnection {
  static constexpr std::size_t most_held = 1024 * 1024;  // bytes of replies; above that nothing is read
  static constexpr std::size_t capacity_kept = 4096;     // by a buffer that is empty

  Descriptor socket;
  std::uint64_t serial;               // tells it from an earlier connection with the same descriptor
  std::vector<std::byte> half_frame;  // read, but not yet complete
  std::vector<std::byte> outbox;      // replies that are due
  std::size_t outbox_sent = 0;        // of those, bytes that the kernel has taken
  std::size_t waiting = 0;            // replies that are not due yet
  std::size_t waiting_bytes = 0;      // what those take
  bool readable = false;
  bool writable = true;
  bool ending = false;  // the client sends no more: read until recv says so
  bool due = false;     // a reply became due, and the connection has not had its turn since

  bool may_read() const { return readable && outbox.size() - outbox_sent + waiting_bytes <= most_held; }

  void reply(std::span<const std::byte> frame) { outbox.insert(outbox.end(), frame.begin(), frame.end()); }

  // Returns false where the connection is broken.
  bool send_what_goes() {
    while (outbox_sent < outbox.size() && writable) {
      const ssize_t sent = send(socket.get(), outbox.data() + outbox_sent, outbox.size() - outbox_sent, MSG_NOSIGNAL);
      if (sent >= 0) {
        outbox_sent += static_cast<std::size_t>(sent);
      } else if (errno == EAGAIN) {
        writable = false;
      } else if (errno != EINTR) {
        return false;
      }
    }
    if (outbox_sent == outbox.size()) {
      clear(outbox);
      outbox_sent = 0;
    } else if (outbox_sent > most_held) {
      outbox.erase(outbox.begin(), outbox.begin() + static_cast<std::ptrdiff_t>(outbox_sent));
      outbox_sent = 0;
    }
    return true;
  }

  void keep_half(std::span<const std::byte> begin_of_frame) {
    if (begin_of_frame.empty()) return clear(half_frame);
    half_frame.assign(begin_of_frame.begin(), begin_of_frame.end());
  }

 private:
  static void clear(std::vector<std::byte>& bytes) {
    bytes.clear();
    if (bytes.capacity() > capacity_kept) bytes.shrink_to_fit();
  }
};

}  // namespace cbench
