// The physical limit beside every result: what no model can exceed on these CPUs with this many tasks in flight.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "record/cell_key.hpp"
#include "record/trial_record.hpp"

namespace cbench {

// The service demands of one workload, per task, measured on its baseline.
struct Demands {
  double cpu_us = 0;   // on a core
  double wait_us = 0;  // off it: on timers and replies
  double path_us = 0;  // where branches run side by side: the longest chain of steps; 0: cpu_us + wait_us
  double lock_us = 0;  // in the lock that it holds longest; 0: there is none
};

// X_ideal = min(n / D_cpu, C / (D_cpu + D_wait), 1 / D_lock), the operational bounds of Denning and Buzen: n CPUs, at
// most `cpus_usable` of them, C tasks in flight, and a lock, which serves one at a time.
double ideal_throughput(const Demands& demands, std::uint32_t workers, std::uint32_t in_flight, double cpus_usable);

// CPUs that the host lets the program use: by affinity and quota.
double cpus_usable(const HostFacts& host);

// Learns the demands of each workload from the records of its baselines, one for each runtime, and fills in the ideal
// of every record by that of its own, itself included: a baseline's own by its own demands, every other by the mean of
// those so far. A record that comes before the first of the baseline stays without. A table, which has them all, takes
// the mean of all (cells.hpp).
class Ideals {
 public:
  void apply(TrialRecord& record);

 private:
  struct Sums {
    double cpu_us = 0;
    double wait_us = 0;
    double path_us = 0;
    double records = 0;
  };
  std::map<std::pair<WorkKey, std::string>, Sums> demands_;  // of each work, on each runtime's baseline
};

}  // namespace cbench
