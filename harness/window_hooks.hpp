// What the window of a trial needs of a model and of the world.
#pragma once

#include <chrono>
#include <functional>

#include "harness/load.hpp"
#include "harness/protocol.hpp"

namespace cbench {

// All are called from the thread that runs the window.
struct WindowHooks {
  std::function<void(const Task&)> submit;
  std::function<void()> drain;  // blocks until every submitted task has finished
  std::function<void(const WindowEvent&)> announce;
  // Sleeps for at most so long; true where the trial is to end at once.
  std::function<bool(std::chrono::nanoseconds)> sleep;
};

}  // namespace cbench
