// From what the user asked for to the list of trials.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/precision.hpp"

namespace cbench {

// The options of `cbench run` as they were typed; empty where they were not given.
struct SweepArguments {
  std::vector<std::string> models;
  std::vector<std::string> workloads;
  std::vector<std::string> params;
  std::vector<std::string> workers;
  std::vector<std::string> concurrency;
  std::string duration;
  std::string warmup;
  std::string tasks;
  std::string timeout;
  std::string max_memory;
  std::uint32_t repetitions = 3;
  std::string precision;
  std::string max_repetitions;
  std::uint64_t seed = 1;
  std::vector<std::string> outputs;
  std::uint16_t peer_port = 0;
  bool resume = false;
  bool no_baseline = false;
  bool quiet = false;
};

struct SweepPlan {
  std::vector<TrialSpec> trials;      // in the order in which they run
  std::vector<TrialRecord> measured;  // before, in a sweep that is resumed
  std::vector<TrialSpec> cells;       // what they are repetitions of
  std::uint32_t repetitions = 0;      // of each cell
  std::uint64_t seed = 1;
  PrecisionGoal precision;  // beyond which repetitions
  bool needs_peer = false;
  std::chrono::nanoseconds expected{};  // how long the trials take if nothing goes wrong
};

// Throws UsageError for anything that cannot be run as asked; nothing is started.
SweepPlan plan_sweep(const SweepArguments& arguments);

// How long a trial takes if nothing goes wrong; of fixed work, a guess.
std::chrono::nanoseconds expected_time(const TrialSpec& spec);

// Powers of two up to the CPUs that this process may use, and those where the machine changes: its physical cores, all
// allowed CPUs.
std::vector<std::uint32_t> default_worker_counts(const HostFacts& host);

}  // namespace cbench
