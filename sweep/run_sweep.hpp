// Runs the trials of a plan, and repeats its cells until they are known as precisely as was asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/ending.hpp"
#include "sweep/plan/plan.hpp"
#include "sweep/session.hpp"

namespace cbench {

struct SweepResult : Ending {
  std::vector<TrialRecord> records;  // those that were on file before first

  bool all_ok() const;
  int exit_code() const { return Ending::exit_code(all_ok()); }
};

// Blocks until every trial is over, or until Ctrl-C. Where the plan has a precision to reach, its cells are repeated
// beyond its trials, those still undecided in random order. Throws UsageError or std::runtime_error where a file of
// results cannot be written, the peer cannot listen or a cell would not fit into memory, before anything is measured.
// Whatever goes wrong later is in the result, with all that was measured: a file that cannot take a record any more is
// written to again as long as the sweep lasts, and is said at its end.
SweepResult run_sweep(const SweepArguments& arguments, const SweepPlan& plan, Histograms histograms);

// Where the trials of a plan are part of more, for the progress.
struct PartOfSweep {
  std::size_t trials_before = 0;
  std::size_t trials_after = 0;
  std::chrono::nanoseconds time_after{};
};

// Blocks until the trials of the plan are over in a session that may have had others, or until Ctrl-C. The session has
// their records.
void run_trials(const SweepPlan& plan, Session& session, const PartOfSweep& part = {});

}  // namespace cbench
