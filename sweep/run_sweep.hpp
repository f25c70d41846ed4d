// Runs the trials of a plan, and repeats its cells until they are known as precisely as was asked for.
#pragma once

#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/plan.hpp"

namespace cbench {

struct SweepResult {
  std::vector<TrialRecord> records;
  bool interrupted = false;                 // by Ctrl-C: the last record is that of the trial which it ended
  std::vector<std::string> write_failures;  // files that lack records: a sentence each

  bool all_ok() const;
};

// Blocks until every trial is over, or until Ctrl-C. Where the plan has a precision to reach, its cells are repeated
// beyond its trials, those still undecided in random order. Throws UsageError or std::runtime_error where a file of
// results cannot be written or the peer cannot listen, before anything is measured. A file that cannot take a record
// any more is written to again as long as the sweep lasts, and is said at its end.
SweepResult run_sweep(const SweepArguments& arguments, const SweepPlan& plan);

}  // namespace cbench
