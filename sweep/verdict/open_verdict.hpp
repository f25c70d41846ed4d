// Whether a trial under an open load says something about the model, and what: ok, overloaded (the model could not keep
// up, which is a finding) or invalid (the generator or the peer could not, and nothing is said about the model).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "record/trial_record.hpp"

namespace cbench {

struct OpenVerdict {
  Status status = Status::ok;
  std::string reason;                 // one line; of any status but ok
  std::string_view bottleneck;        // of an invalid trial: "generator" or "peer"
  std::vector<std::string> warnings;  // what a reader should know beside the numbers
};

// `waits_s`: how long a task waits by its script alone; so many times the rate are in flight in any model.
OpenVerdict verdict_on(const TrialRecord& record, double waits_s);

}  // namespace cbench
