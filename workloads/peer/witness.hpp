// What the peer swears to: the requests that came and the replies that it sent, in all and within a window that its
// owner sets. Both share one page of memory: the peer counts without a system call and can be asked without being
// disturbed, even after it was killed. A trial's own count of tasks is held against this one, which the trial cannot
// touch.
#pragma once

#include <atomic>
#include <cstdint>

#include "system/cache_lines.hpp"

namespace cbench {

// A copy of what the peer has counted since it started.
struct PeerCounts {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;           // that came whole
  std::uint64_t requests_early = 0;     // of those, before an earlier one of the same connection was answered
  std::uint64_t requests_refused = 0;   // no request by frame.hpp: the connection was closed
  std::uint64_t replies_total = 0;      // written to sockets whole
  std::uint64_t replies_in_window = 0;  // of those, at instants within [begin, end) of the window set last
  std::uint64_t early_in_window = 0;    // of the early ones, those since the window was set
  bool window_whole = true;  // false: the window was set when it had begun, and an unknown part is not counted

  // Adds what another thread of the peer has counted.
  PeerCounts& operator+=(const PeerCounts& other);
};

// All zero before the peer starts. Each half has one writer, and each page lies apart from those of other threads.
struct alignas(lines_apart) PeerPage {
  // The owner's half, which the peer reads all the time.
  alignas(64) std::atomic<std::uint64_t> question;  // another number for each window, once that is written
  std::atomic<std::uint64_t> begin_ns;              // CLOCK_MONOTONIC
  std::atomic<std::uint64_t> end_ns;
  std::atomic<std::uint64_t> early_before;  // of requests_early, those before the window was set
  // The peer's half.
  alignas(64) std::atomic<std::uint64_t> connections_accepted;
  std::atomic<std::uint64_t> connections_open;
  std::atomic<std::uint64_t> requests;
  std::atomic<std::uint64_t> requests_early;
  std::atomic<std::uint64_t> requests_refused;
  std::atomic<std::uint64_t> replies_begun;  // counted just before they are written: never fewer than clients have
  std::atomic<std::uint64_t> replies_noted;  // counted with their instant, just after
  std::atomic<std::uint64_t> last_note_ns;   // the latest such instant
  alignas(64) std::atomic<std::uint64_t> answered;  // the question that the two below answer
  std::atomic<std::uint64_t> replies_in_window;
  std::atomic<bool> window_whole;

  // For the owner. Counting within the window begins anew.
  void set_window(std::uint64_t begin, std::uint64_t end);
  // For the owner. While replies are being sent, those of the last microseconds may be noted or not.
  PeerCounts read() const;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "processes share it without a lock");

// The peer's side; used on one thread. Replies are counted in two steps, before and after they are written, and all
// that were written between two looks at the clock have one instant: their cost is a few stores.
class Witness {
 public:
  explicit Witness(PeerPage& page) : page_(page) {}

  void accepted() {
    add(page_.connections_accepted, 1);
    add(page_.connections_open, 1);
  }
  void parted() { add(page_.connections_open, static_cast<std::uint64_t>(-1)); }
  void asked(bool early) {
    add(page_.requests, 1);
    if (early) add(page_.requests_early, 1);
  }
  void refused() { add(page_.requests_refused, 1); }
  // So many replies will now be written.
  void begins(std::uint64_t replies) { add(page_.replies_begun, replies); }
  // Of those, so many could not be, or only in part.
  void takes_back(std::uint64_t replies) { add(page_.replies_begun, static_cast<std::uint64_t>(0) - replies); }
  // What was written since the last note was written at this instant.
  void note(std::uint64_t now_ns);

 private:
  // One writer: no atomic addition is needed.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t change) {
    counter.store(counter.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
  }
  void look_at_question();

  PeerPage& page_;
  std::uint64_t question_ = 0;
  std::uint64_t begin_ns_ = 0;
  std::uint64_t end_ns_ = 0;
};

}  // namespace cbench
