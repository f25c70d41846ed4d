// From what the user asked for to the list of trials.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"
#include "reports/findings/precision.hpp"
#include "sweep/plan/sweep_arguments.hpp"
#include "system/cgroup.hpp"

namespace cbench {

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

// Throws UsageError for anything that cannot be run as asked. Nothing is started but what keeps the CPUs awake, where
// that is asked for: from there on it is a fact of the host.
SweepPlan plan_sweep(const SweepArguments& arguments);

// How long a trial takes if nothing goes wrong; of fixed work, a guess.
std::chrono::nanoseconds expected_time(const TrialSpec& spec);

// After which a trial is ended: --timeout, or what it should take and more. `longest`: longest_wait() of its work.
std::chrono::nanoseconds time_limit(const SweepArguments& arguments, const TrialSpec& spec,
                                    std::chrono::nanoseconds longest);

// Throws UsageError for none, and for more than 1,000: each is a trial.
void check_repetitions(std::uint32_t repetitions);

// Bytes that a trial may hold where --max-memory is not given: 90 % of the machine's memory, or of what the control
// groups leave of it.
std::uint64_t default_max_memory(const HostFacts& host, const GroupLimits& groups);

// Throws UsageError where the cells are of several workloads. `what` is that which can be of one alone: "curves are".
void check_one_workload(const SweepPlan& plan, std::string_view what);

// Powers of two up to the CPUs that this process may use, and those where the machine changes: its physical cores, all
// allowed CPUs.
std::vector<std::uint32_t> default_worker_counts(const HostFacts& host);

}  // namespace cbench
