// Tasks that a child listed instead of counting them (docs/protocol.md): the parent counts in its place.
#pragma once

#include <cstdint>

#include "harness/protocol.hpp"

namespace cbench {

// When a trial's process was started, and when its list was heard of.
struct Lived {
  std::uint64_t started_ns = 0;
  std::uint64_t heard_ns = UINT64_MAX;
};

// Fills in all that follows from `record.finished`. Throws std::runtime_error where the list cannot be that of the
// trial's tasks: a slot that there is not, a turn twice or out of order, instants that go back or lie outside of its
// life, tasks of one slot that overlap, one that took less than its script waits for, or returned something else.
void count_finished(const TrialOrder& order, const WindowEvent& window, RecordEvent& record, const Lived& lived = {});

}  // namespace cbench
