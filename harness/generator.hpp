// Brings the arrivals of an open load to a model, each at its instant, whatever the model does.
#pragma once

#include <chrono>

#include "harness/clock.hpp"
#include "harness/load.hpp"
#include "harness/window_hooks.hpp"

namespace cbench {

// One a trial, on the trial's main thread. Sleeps until shortly before the next arrival is due and looks at the clock
// only for the last few microseconds, so that it leaves the CPU to the model.
class Generator {
 public:
  // The load is open.
  Generator(Load& load, const WindowHooks& hooks) : load_(load), hooks_(hooks) {}

  // Brings what is due until then. Returns then, or once the trial has failed or is to end.
  void run_until(Ticks until);
  // Brings what is still left to be brought once the window has closed.
  void finish();

 private:
  bool over();
  void wait_until(Ticks due);

  Load& load_;
  const WindowHooks& hooks_;
  Ticks look_at_ = 0;  // when to see whether the trial is to end
};

}  // namespace cbench
