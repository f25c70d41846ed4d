// Runs the trials of a plan, and repeats its cells until they are known as precisely as was asked for.
#pragma once

#include <vector>

#include "record/trial_record.hpp"
#include "sweep/plan.hpp"

namespace cbench {

struct SweepResult {
  std::vector<TrialRecord> records;
  bool interrupted = false;  // by Ctrl-C: the last record is that of the trial which it ended

  bool all_ok() const;
};

// Blocks until every trial is over, or until Ctrl-C. Where the plan has a precision to reach, its cells are repeated
// beyond its trials, those still undecided in random order. Throws UsageError or std::runtime_error where a file of
// results cannot be written or the peer cannot listen, before anything is measured; and std::runtime_error where a file
// cannot take a record any more, with those before it intact.
SweepResult run_sweep(const SweepArguments& arguments, const SweepPlan& plan);

}  // namespace cbench
