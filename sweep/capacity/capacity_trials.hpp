// Searches the capacity of models by trials: which rate is next is sweep/capacity/rate_search.hpp's to say, how a trial
// runs is that of `cbench run`. The searches of all models take turns, a trial each.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/facts.hpp"
#include "sweep/capacity/rate_search.hpp"
#include "sweep/capacity/slo.hpp"
#include "sweep/ending.hpp"
#include "sweep/plan/plan.hpp"

namespace cbench {

struct CapacityArguments {
  // Models, the workload, workers, concurrency, arrivals, files; rates and times are the search's own.
  SweepArguments run;
  std::vector<std::string> slos;
  std::string time;       // for each model; empty: a minute
  std::string precision;  // of the capacity, "1%": ±1 %; empty: that
};

// What was found for one set of objectives.
struct CapacityFound {
  RateAnswer answer;
  std::string limit;  // what trials above the capacity failed by: an objective, "overload", "errors", "generator",
                      // "peer"; empty: no trial failed
  std::string limit_reason;              // of the last of those, where a record gave one
  std::optional<double> p99_us;          // of the responses at answer.lower_per_s, of the class that it is on
  std::vector<double> cpus_per_task_us;  // of the trials at answer.lower_per_s
  std::vector<double> bytes_per_tasks;   // memory for each task in flight, likewise
};

struct CapacityOfModel {
  std::string label;  // the model with its settings
  std::uint32_t workers = 0;
  std::uint32_t slots = 0;           // most in flight in the open loop
  double closed_per_s = 0;           // throughput of the closed loop, which the search begins with
  std::vector<CapacityFound> found;  // one for each of CapacityResult::slos
  std::size_t trials = 0;
  double time_s = 0;
  double foreign_cpu_share = 0;  // CPUs that others used in its trials, or the hypervisor took; the mean
  double steal_share = 0;        // of these, what the hypervisor took
  std::string failed;            // why there was no search; empty: there was
};

struct CapacityResult : Ending {
  std::string workload;
  TextMap parameters;
  bool poisson = true;
  std::vector<Slo> slos;
  double width = 0;                     // that was asked for
  double time_s = 0;                    // that a model had
  std::vector<CapacityOfModel> models;  // in the order in which they were asked for
  HostFacts host;

  // A search came to its end for every model; what it found is another matter.
  bool all_ok() const;
};

// Blocks until the search is over for every model, or until Ctrl-C (a signal). Throws UsageError before anything runs.
CapacityResult measure_capacity(const CapacityArguments& arguments);

}  // namespace cbench
