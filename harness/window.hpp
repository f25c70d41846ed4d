// The window of a trial, in the child: brings the first tasks to a model, warms it up, opens and closes the window and
// drains. Knows nothing of models but how to submit to one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "harness/load.hpp"
#include "harness/protocol.hpp"

namespace cbench {

// What the window needs of a model and of the world. All are called from the thread that runs the window.
struct WindowHooks {
  std::function<void(const Task&)> submit;
  std::function<void()> drain;  // blocks until every submitted task has finished
  std::function<void(const WindowEvent&)> announce;
  // Sleeps for at most so long; true where the trial is to end at once.
  std::function<bool(std::chrono::nanoseconds)> sleep;
};

// What of the record the window tells.
struct WindowOutcome {
  std::optional<std::uint64_t> finish_ns;  // of fixed work: when the last task had ended
  bool settled = false;
  RecordEvent::Switches switches;  // of this process, within the window
};

// Blocks until the last task has ended. A load that fails ends it early.
WindowOutcome run_window(const LoadSpec& spec, std::chrono::nanoseconds most_warmup, Load& load,
                         const WindowHooks& hooks);

}  // namespace cbench
