// The window of a trial, in the child: brings the first tasks to a model, warms it up, opens and closes the window and
// drains. Knows nothing of models but how to submit to one.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "harness/load.hpp"
#include "harness/protocol.hpp"
#include "harness/window_hooks.hpp"

namespace cbench {

// What of the record the window tells.
struct WindowOutcome {
  std::optional<std::uint64_t> finish_ns;  // of fixed work: when the last task had ended
  bool settled = false;
  RecordEvent::Switches switches;                         // of this process, within the window
  std::optional<std::chrono::nanoseconds> generator_cpu;  // of an open load: of the calling thread, within the window
};

// How long a trial may take beyond what its load says.
struct WindowLimits {
  std::chrono::nanoseconds most_warmup{};  // closed: what the warm-up may grow to until every slot has finished a task
  std::chrono::nanoseconds drain{};        // open: how long after the window those who wait are still given slots
};

// Blocks until the last task has ended. A load that fails ends it early.
WindowOutcome run_window(const LoadSpec& spec, const WindowLimits& limits, Load& load, const WindowHooks& hooks);

}  // namespace cbench
