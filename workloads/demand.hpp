// What a script asks for at least, on an idle machine: its computing, and its longest chain of steps.
#pragma once

#include <vector>

#include "workloads/work.hpp"

namespace cbench {

// Means over the scripts of a workload.
struct LeastDemand {
  double cpu_us = 0;       // all compute steps, branches counted each
  double cheapest_us = 0;  // of computing: no mean, but the task that asks for least of it, where nothing held it up
  double path_us = 0;      // one task's time with unlimited workers: of a fan-out, one branch
  double serial_us = 0;    // one task's time where branches run one after the other
  // Of each lock, how long a task holds it, where nobody else computes: all times that it takes it together. No more
  // tasks than one over that can finish, whatever the workers.
  std::vector<double> locks_us;
};

// Times each kernel on the calling thread: for about 20 ms each, or less where there are more than a few amounts, of
// which each runs once at least.
LeastDemand least_demand(const Work& work);

}  // namespace cbench
