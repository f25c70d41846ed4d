// Tasks that a child listed instead of counting them (docs/protocol.md): the parent counts in its place.
#pragma once

#include "harness/protocol.hpp"

namespace cbench {

// Fills in all that follows from `record.finished`. Throws std::runtime_error where the list cannot be that of the
// trial's tasks: a slot that there is not, a turn twice or out of order, instants that go back.
void count_finished(const TrialOrder& order, const WindowEvent& window, RecordEvent& record);

}  // namespace cbench
