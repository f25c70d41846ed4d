// Runs the trials of a plan one after the other: the peer beside them, the progress line over them, and every record in
// its files as soon as there is one.
#pragma once

#include <vector>

#include "cmd/run_plan.hpp"
#include "reports/trial_record.hpp"

namespace cbench {

struct Measured {
  std::vector<TrialRecord> records;
  bool interrupted = false;  // by Ctrl-C: the last record is that of the trial which it ended

  bool all_ok() const;
};

// Blocks until every trial is over, or until Ctrl-C. Throws UsageError or std::runtime_error where a file of results
// cannot be written or the peer cannot listen, before anything is measured; and std::runtime_error where a file cannot
// take a record any more, with those before it intact.
Measured measure(const RunArguments& arguments, RunPlan plan);

}  // namespace cbench
