// The physical limit beside every result: what no model can exceed on these CPUs with this many tasks in flight.
#pragma once

#include <map>
#include <string>
#include <string_view>
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
  // That which takes least, of work without branches; 0: not known. The above are means over the tasks.
  double shortest_us = 0;

  double alone_us() const { return path_us > 0 ? path_us : cpu_us + wait_us; }
  // Whether tasks take about as long as one another.
  bool alike() const;
};

// What tasks in flight allow, in tasks per second; infinite where a task takes no time. Of closed and open loads C /
// D_path. Fixed work of N tasks is over when its fullest slot is: that has ceil(N / C) tasks, of which each takes as
// long as the shortest.
double most_by_slots(const Demands& demands, const LoadSpec& load);

// X_ideal = min(n / D_cpu, C / (D_cpu + D_wait), 1 / D_lock), the operational bounds of Denning and Buzen: n CPUs, at
// most `cpus_usable` of them, C tasks in flight, and a lock, which serves one at a time.
double ideal_throughput(const Demands& demands, std::uint32_t workers, const LoadSpec& load, double cpus_usable);
// Of a load that goes on for ever.
double ideal_throughput(const Demands& demands, std::uint32_t workers, std::uint32_t in_flight, double cpus_usable);

// Whether a trial failed because its window was over before a task was. Others of the same work may have met shorter
// tasks alone, so that what these took is too little.
bool finished_nothing(Status status, std::string_view reason);

// CPUs that the host lets the program use: by affinity and quota.
double cpus_usable(const HostFacts& host);

// Learns the demands of each workload from the records of its baselines, one for each runtime, and fills in the ideal
// of every record by that of its own, itself included: a baseline's own by its own demands, every other by the mean of
// those so far. A record that comes before the first of the baseline stays without, and one that comes after a
// repetition of it in which no task finished. A table, which has them all, takes the mean of all (cells.hpp).
class Ideals {
 public:
  void apply(TrialRecord& record);

 private:
  struct Sums {
    double cpu_us = 0;
    double wait_us = 0;
    double path_us = 0;
    double shortest_us = 0;
    double records = 0;
    bool survivors = false;
  };
  std::map<std::pair<WorkKey, std::string>, Sums> demands_;  // of each work, on each runtime's baseline
};

}  // namespace cbench
