// What a script asks for at least, on an idle machine: its computing, and its longest chain of steps.
#pragma once

#include <cstdint>
#include <vector>

#include "workloads/work.hpp"

namespace cbench {

// Of a task, or the mean of several.
struct Demand {
  double cpu_us = 0;       // all compute steps, branches counted each
  double cheapest_us = 0;  // of computing: no mean, but the task that asks for least of it, where nothing held it up
  // One task's time with unlimited workers: of a fan-out one branch, and as long as the others take to pass the lock
  // that each branch holds.
  double path_us = 0;
  double serial_us = 0;  // one task's time where branches run one after the other
  // Of each lock, how long a task holds it, where nobody else computes: all times that it takes it together. No more
  // tasks than one over that can finish, whatever the workers.
  std::vector<double> locks_us;
  double requests_on_path = 0;  // branches side by side counted once

  // Timers and the delays of replies, branches counted each.
  double wait_us() const { return serial_us - cpu_us; }
};

// The mean over all turns of a work.
struct LeastDemand : Demand {
  std::vector<Demand> scripts;  // of each distinct script
};

// Times each kernel on the calling thread: for about 20 ms each, or less where there are more than a few amounts, of
// which each runs once at least.
LeastDemand least_demand(const Work& work);

// The mean over so many tasks, from the turn `first` on; over all turns where `tasks` is 0. `least` is that of `work`.
Demand mean_demand(const LeastDemand& least, const Work& work, std::uint64_t first = 0, std::uint64_t tasks = 0);

}  // namespace cbench
