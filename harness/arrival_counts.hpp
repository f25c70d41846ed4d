// What became of the arrivals of an open load, as a trial counts them (docs/protocol.md): for the record, and for who
// holds it against the closed form.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "record/histogram.hpp"

namespace cbench {

struct ArrivalCounts {
  // Since the epoch, up to one end of the window, that instant excluded.
  struct UpTo {
    std::uint64_t due = 0;
    std::uint64_t shed = 0;   // of those due
    std::uint64_t taken = 0;  // tasks that had been given a slot
    std::uint64_t done = 0;   // tasks that had finished

    std::int64_t waiting() const { return static_cast<std::int64_t>(due - shed - taken); }
    std::int64_t in_flight() const { return static_cast<std::int64_t>(taken - done); }
    // Due, and neither finished nor shed.
    std::int64_t backlog() const { return static_cast<std::int64_t>(due - shed - done); }
  };
  UpTo begin;
  UpTo end;
  double mean_backlog = 0;       // over the time of the window
  std::uint64_t late = 0;        // due within the window, and found no free slot
  std::uint64_t unfinished = 0;  // due within the window, and neither shed nor in the histograms
  std::uint64_t dropped = 0;     // of any time: neither shed nor ever finished
  bool own_thread = true;        // the generator had one; else its lag is the model's doing
  std::optional<std::chrono::nanoseconds> generator_cpu;  // within the window
  Histogram lag;  // of those due within the window that found a free slot: from due until submitted

  // Due within the window, and shed of them.
  std::uint64_t due() const { return end.due - begin.due; }
  std::uint64_t shed() const { return end.shed - begin.shed; }
};

}  // namespace cbench
