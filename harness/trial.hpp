// The parent's side of a trial: starts a process for it, watches it and collects its record, whatever becomes of it.
#pragma once

#include <functional>
#include <string>

#include "record/trial_record.hpp"

namespace cbench {

struct TrialWatch {
  std::string program = "/proc/self/exe";
  // Called about every 50 ms while the trial runs, from the calling thread. A text that is not empty ends the trial as
  // failed with that reason: the peer died, the user pressed Ctrl-C.
  std::function<std::string()> look;
};

// Runs `program trial` and blocks until it is over. Never throws for what becomes of the trial: an error, a crash, a
// hang (ended at spec.deadline), too much memory (spec.max_memory_bytes) are in the record. Throws std::system_error
// where no process can be started at all.
TrialRecord run_trial(const TrialSpec& spec, const TrialWatch& watch);

}  // namespace cbench
