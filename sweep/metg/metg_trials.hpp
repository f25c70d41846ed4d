// Searches METG by trials: which sizes to run is sweep/metg/metg_search.hpp's to say, how they run is that of `cbench
// run`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/stats/metg.hpp"
#include "sweep/ending.hpp"
#include "sweep/plan/plan.hpp"

namespace cbench {

enum class Phase : std::uint8_t {
  compute,  // the workload cpu with the kernel mix: a task computes
  wait,     // the workload sleep: a task waits, and as many as are in flight wait at once
};

struct MetgArguments {
  // Models, workers, concurrency, times, repetitions, files; workloads and params are the search's own.
  SweepArguments run;
  Phase phase = Phase::compute;
  std::vector<double> targets;  // empty: default_targets
};

struct MetgOfModel {
  std::string label;  // the model with its settings
  std::uint32_t workers = 0;
  std::uint32_t concurrency = 0;
  std::vector<GranularityPoint> points;
  std::vector<Metg> table;  // one for each target
  std::string failed;       // why the search ended early; empty where it did not
};

struct MetgResult : Ending {
  Phase phase = Phase::compute;
  std::uint32_t workers = 0;
  std::uint32_t concurrency = 0;
  double at_once = 0;  // the most that tasks can make use of: CPUs where they compute, else tasks in flight
  std::uint32_t repetitions = 0;
  std::vector<double> targets;
  std::vector<MetgOfModel> models;  // in the order in which they were asked for
  std::size_t trials = 0;
  std::size_t left_out = 0;              // of the trials, because others used the CPUs beside them
  std::vector<std::string> disturbed;    // models beside some size of which others did so in every trial
  std::vector<std::string> ended_early;  // models whose search the disturbances ended
  HostFacts host;

  bool all_ok() const;
  // What a model reaches that runs one task at a time: targets up to that say nothing.
  double one_at_a_time() const;
};

// Blocks until the search is over for every model, or until Ctrl-C (a signal). Throws UsageError before anything runs.
MetgResult measure_metg(const MetgArguments& arguments);

}  // namespace cbench
