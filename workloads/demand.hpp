// What a script asks for at least, on an idle machine: its computing, and its longest chain of steps.
#pragma once

#include "workloads/work.hpp"

namespace cbench {

// Means over the scripts of a workload.
struct LeastDemand {
  double cpu_us = 0;       // all compute steps, branches counted each
  double cheapest_us = 0;  // of computing: the task that asks for least of it, no mean
  double path_us = 0;      // one task's time with unlimited workers: of a fan-out, one branch
};

// Times each kernel on the calling thread, for about 20 ms each.
LeastDemand least_demand(const Work& work);

}  // namespace cbench
