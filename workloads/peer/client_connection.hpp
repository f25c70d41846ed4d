// One client of the peer: its socket, and what the peer keeps for it in memory.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "system/descriptor.hpp"
#include "workloads/frame.hpp"
#include "workloads/peer/witness.hpp"

namespace cbench {

// The kernel's buffers hold what is not yet read; `readable` and `writable` remember the edges that epoll reported.
// One cache line, for thousands of them are looked at in turn; what few connections need is elsewhere.
struct alignas(64) PeerConnection {
  static constexpr std::size_t most_held = 1024 * 1024;  // bytes of replies; above that nothing is read

  // Needed where frames were cut by a read, or where the client does not read as fast as the peer writes.
  struct Backlog {
    std::vector<std::byte> half_frame;  // read, but not yet complete
    std::vector<std::byte> outbox;      // replies that are due, of which the first may have been sent in part
    std::size_t sent = 0;               // bytes of the outbox that the kernel has taken
    std::size_t whole = 0;              // the first of those that belongs to no reply sent whole
    std::uint64_t replies = 0;          // not yet sent whole
    bool empty() const { return half_frame.empty() && outbox.empty(); }
  };

  Descriptor socket;
  bool readable = false;
  bool writable = true;
  bool ending = false;            // the client sends no more: read until recv says so
  std::uint32_t waiting = 0;      // replies that are not due yet
  std::uint64_t serial = 0;       // tells it from an earlier connection with the same descriptor; 0: there is none
  std::size_t waiting_bytes = 0;  // what the waiting replies take
  std::unique_ptr<Backlog> backlog;

  std::size_t unsent() const { return backlog ? backlog->outbox.size() - backlog->sent : 0; }
  bool may_read() const { return readable && unsent() + waiting_bytes <= most_held; }
  bool owes_replies() const { return waiting != 0 || unsent() != 0; }

  // Sends replies that are due: so many, one behind the other in `frames`. What the kernel does not take at once is
  // kept and sent by send_what_goes. Returns false where the connection is broken.
  bool reply(std::span<const std::byte> frames, std::uint64_t replies, Witness& witness) {
    const bool behind_others = unsent() != 0;
    std::size_t sent = 0;
    if (!behind_others) {
      witness.begins(replies);
      if (!put(frames, sent)) {
        witness.takes_back(replies);
        return false;
      }
      if (sent == frames.size()) return true;
    }
    Backlog& kept = make_backlog();
    if (!behind_others) kept.sent = sent;
    kept.outbox.insert(kept.outbox.end(), frames.begin(), frames.end());
    const std::uint64_t left = replies - count_whole();
    kept.replies += left;
    if (!behind_others) witness.takes_back(left);
    return true;
  }

  // Returns false where the connection is broken.
  bool send_what_goes(Witness& witness) {
    if (unsent() == 0) return true;
    witness.begins(backlog->replies);
    std::size_t sent = 0;
    const bool good = put(std::span<const std::byte>(backlog->outbox).subspan(backlog->sent), sent);
    backlog->sent += sent;
    backlog->replies -= count_whole();
    witness.takes_back(backlog->replies);
    if (backlog->sent == backlog->outbox.size()) {
      backlog->outbox = {};
      backlog->sent = backlog->whole = 0;
      drop_empty_backlog();
    } else if (backlog->whole > most_held) {
      backlog->outbox.erase(backlog->outbox.begin(),
                            backlog->outbox.begin() + static_cast<std::ptrdiff_t>(backlog->whole));
      backlog->sent -= std::exchange(backlog->whole, 0);
    }
    return good;
  }

  void keep_half(std::span<const std::byte> begin_of_frame) {
    if (begin_of_frame.empty()) {
      if (backlog) backlog->half_frame = {};
      return drop_empty_backlog();
    }
    make_backlog().half_frame.assign(begin_of_frame.begin(), begin_of_frame.end());
  }

 private:
  // Writes until all is sent or the kernel takes no more. Returns false where the connection is broken.
  bool put(std::span<const std::byte> bytes, std::size_t& sent) {
    while (sent < bytes.size() && writable) {
      const ssize_t now = send(socket.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (now >= 0) {
        sent += static_cast<std::size_t>(now);
      } else if (errno == EAGAIN) {
        writable = false;
      } else if (errno != EINTR) {
        return false;
      }
    }
    return true;
  }

  // Replies that were sent whole since it was last called.
  std::uint64_t count_whole() {
    std::uint64_t replies = 0;
    for (;;) {
      FrameHeader header;
      if (backlog->outbox.size() < backlog->whole + sizeof(header)) return replies;
      std::memcpy(&header, backlog->outbox.data() + backlog->whole, sizeof(header));
      if (backlog->whole + sizeof(header) + header.bytes > backlog->sent) return replies;
      backlog->whole += sizeof(header) + header.bytes;
      ++replies;
    }
  }

  Backlog& make_backlog() {
    if (!backlog) backlog = std::make_unique<Backlog>();
    return *backlog;
  }
  void drop_empty_backlog() {
    if (backlog && backlog->empty()) backlog.reset();
  }
};
static_assert(sizeof(PeerConnection) == 64);

// All clients, found by the descriptor of their socket. They stay where they are while they live.
class PeerConnections {
 public:
  // Nothing where there is no connection.
  PeerConnection* find(int descriptor) const {
    const auto at = static_cast<std::size_t>(descriptor);
    if (at / block_size >= blocks_.size() || !blocks_[at / block_size]) return nullptr;
    PeerConnection& connection = blocks_[at / block_size][at % block_size];
    return connection.serial != 0 ? &connection : nullptr;
  }
  // The one whose serial it is: not a later one with the same descriptor.
  PeerConnection* find(int descriptor, std::uint64_t serial) const {
    PeerConnection* connection = find(descriptor);
    return connection != nullptr && connection->serial == serial ? connection : nullptr;
  }
  PeerConnection& add(Descriptor socket) {
    const auto at = static_cast<std::size_t>(socket.get());
    if (at / block_size >= blocks_.size()) blocks_.resize(at / block_size + 1);
    auto& block = blocks_[at / block_size];
    if (!block) block = std::make_unique<PeerConnection[]>(block_size);
    PeerConnection& connection = block[at % block_size];
    connection.socket = std::move(socket);
    connection.serial = ++last_serial_;
    return connection;
  }
  void remove(PeerConnection& connection) { connection = PeerConnection{}; }

 private:
  static constexpr std::size_t block_size = 256;
  std::vector<std::unique_ptr<PeerConnection[]>> blocks_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace cbench
