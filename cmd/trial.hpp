// `cbench trial`: the child's side of a trial, where model, load and recorder come together. Reads a TrialSpec as JSON
// from standard input and writes the TrialRecord as JSON to descriptor 3 (docs/protocol.md).
#pragma once

#include "record/trial_record.hpp"

namespace CLI {
class App;
}

namespace cbench {

// Runs the trial in the calling process, which must have one thread and a calibrated clock. Never throws for what goes
// wrong in the trial: the record says it. Not filled in: what only the parent knows (the ideal, efficiency).
TrialRecord run_trial_here(const TrialSpec& spec);

// Adds the subcommand; its callback sets `exit_code` to 0 for a trial that is ok, else to 1.
void add_trial_command(CLI::App& app, int& exit_code);

}  // namespace cbench
