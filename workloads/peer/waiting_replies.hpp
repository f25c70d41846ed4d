// The peer's replies that are not due yet, the earliest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace cbench {

// A reply to one connection; the bytes of its frame follow it in memory.
struct WaitingReply {
  int descriptor;        // of the connection
  std::uint64_t serial;  // of the connection: a later one may have the same descriptor
  std::size_t bytes;

  std::span<const std::byte> frame() const { return {reinterpret_cast<const std::byte*>(this + 1), bytes}; }
  // What it takes, with its share of the queue and of the allocator.
  std::size_t cost() const { return bytes + 64; }

  struct Free {
    void operator()(WaitingReply* reply) const { ::operator delete(reply); }
  };
};
using WaitingReplyPointer = std::unique_ptr<WaitingReply, WaitingReply::Free>;

// Where all requests ask for the same delay, replies are due in the order in which they were added: those that are due
// no earlier than the one added before wait in a row, and only the others in a heap. Elements are small, and the
// frames stay where they are.
class WaitingReplies {
 public:
  static constexpr std::uint64_t never = UINT64_MAX;

  std::size_t size() const { return row_.size() + heap_.size(); }
  std::uint64_t earliest_ns() const { return std::min(first_of_row(), first_of_heap()); }

  // Copies the frame.
  const WaitingReply& add(std::uint64_t due_ns, int descriptor, std::uint64_t serial,
                          std::span<const std::byte> frame) {
    void* memory = ::operator new(sizeof(WaitingReply) + frame.size());
    WaitingReplyPointer reply(new (memory) WaitingReply{descriptor, serial, frame.size()});
    std::memcpy(reply.get() + 1, frame.data(), frame.size());
    const WaitingReply& added = *reply;
    if (row_.empty() || row_.back().due_ns <= due_ns) {
      row_.push_back({due_ns, std::move(reply)});
    } else {
      heap_.push_back({due_ns, std::move(reply)});
      std::push_heap(heap_.begin(), heap_.end(), later);
    }
    return added;
  }

  // Takes out the earliest. Not when empty.
  WaitingReplyPointer take() {
    WaitingReplyPointer reply;
    if (first_of_row() <= first_of_heap()) {
      reply = std::move(row_.front().reply);
      row_.pop_front();
    } else {
      std::pop_heap(heap_.begin(), heap_.end(), later);
      reply = std::move(heap_.back().reply);
      heap_.pop_back();
    }
    return reply;
  }

  template <class Condition>
  void forget_if(Condition condition) {
    const auto forgotten = [&](const Due& due) { return condition(*due.reply); };
    std::erase_if(row_, forgotten);
    std::erase_if(heap_, forgotten);
    std::make_heap(heap_.begin(), heap_.end(), later);
  }

 private:
  struct Due {
    std::uint64_t due_ns;
    WaitingReplyPointer reply;
  };
  static bool later(const Due& a, const Due& b) { return a.due_ns > b.due_ns; }
  std::uint64_t first_of_row() const { return row_.empty() ? never : row_.front().due_ns; }
  std::uint64_t first_of_heap() const { return heap_.empty() ? never : heap_.front().due_ns; }

  std::deque<Due> row_;
  std::vector<Due> heap_;
};

}  // namespace cbench
