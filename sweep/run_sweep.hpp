// Runs the trials of a plan, and repeats its cells until they are known as precisely as was asked for.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/plan.hpp"
#include "sweep/session.hpp"

namespace cbench {

struct SweepResult {
  std::vector<TrialRecord> records;         // those that were on file before first
  int interrupted = 0;                      // the signal that ended it; the last record is that of its trial
  std::string broke_off;                    // what else ended it before its last trial; empty: nothing
  std::vector<std::string> write_failures;  // files that lack records: a sentence each

  bool all_ok() const;
  // What is to be said of the sweep beside its results.
  std::vector<std::string> troubles() const;
  // 0 where every trial is ok and on file, 1 where one is not, 128 and its number where a signal ended the sweep.
  int exit_code() const;
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
