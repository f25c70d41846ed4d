// The record of a trial, completed in one place: from what was asked, what the child counted, what the parent measured
// and what the peer bears witness to. What does not agree makes it a failed record that says so.
#pragma once

#include <optional>
#include <string>

#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "record/facts.hpp"
#include "record/trial_record.hpp"
#include "workloads/demand.hpp"
#include "workloads/work.hpp"

namespace cbench {

// What the scripts of a trial ask for.
struct KnownWork {
  Work work;
  LeastDemand least;
};

struct TrialCircumstances {
  std::string id;
  std::string started_at;  // UTC, ISO 8601
  HostFacts host;
  BuildFacts build;
  std::optional<PeerCounts> peer;  // of the trial's window; nothing where no peer ran
};

// Everything but the ideal, which needs other trials. Never throws.
TrialRecord completed_record(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const TrialCircumstances& circumstances);

// What of a trial that says it is ok does not agree: with itself, with what was asked, with what was measured from
// outside, with the peer's count. Empty where nothing is found.
std::string contradiction_in(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const std::optional<PeerCounts>& peer);

}  // namespace cbench
