// The record of a trial, completed in one place: from what was asked, what the child counted, what the parent measured
// and what the peer bears witness to. What does not agree makes it a failed record that says so.
#pragma once

#include <optional>
#include <string>

#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "record/facts.hpp"
#include "record/trial_record.hpp"
#include "sweep/verdict/contradictions.hpp"

namespace cbench {

struct TrialCircumstances {
  std::string id;
  std::string started_at;  // UTC, ISO 8601
  HostFacts host;
  BuildFacts build;
  std::optional<PeerCounts> peer;  // of the trial's window; nothing where it had none, or no peer ran
};

// Everything but the ideal, which needs other trials. Never throws.
TrialRecord completed_record(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const TrialCircumstances& circumstances);

}  // namespace cbench
