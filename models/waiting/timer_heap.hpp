// The sleepers of one worker by the time at which they wake: for idioms whose library has no timer as fine, or as
// cheap with a million sleepers, as a binary heap of 16-byte entries.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "harness/clock.hpp"

namespace cbench {

// Not thread-safe: one per worker. Sleeper is a pointer to whatever is to be woken.
template <class Sleeper>
class TimerHeap {
 public:
  void add(Ticks due, Sleeper sleeper) {
    entries_.push_back({due, sleeper});
    std::push_heap(entries_.begin(), entries_.end(), later);
  }
  bool empty() const { return entries_.empty(); }
  // When the next sleeper is due; UINT64_MAX where nobody sleeps.
  Ticks next_due() const { return entries_.empty() ? UINT64_MAX : entries_.front().due; }

  // Takes the next sleeper off the heap if it is due at `now`, else returns null.
  Sleeper take_due(Ticks now) {
    if (entries_.empty() || entries_.front().due > now) return nullptr;
    std::pop_heap(entries_.begin(), entries_.end(), later);
    const Sleeper sleeper = entries_.back().sleeper;
    entries_.pop_back();
    return sleeper;
  }

 private:
  struct Entry {
    Ticks due;
    Sleeper sleeper;
  };
  static bool later(const Entry& a, const Entry& b) { return a.due > b.due; }

  std::vector<Entry> entries_;
};

}  // namespace cbench
