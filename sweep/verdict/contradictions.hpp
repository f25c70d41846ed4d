// What of a record does not agree: with itself, with what was asked, with what was measured from outside, with the
// peer's count. The parent believes no record that it can find out.
#pragma once

#include <optional>
#include <string>

#include "harness/peer_process.hpp"
#include "harness/trial.hpp"
#include "record/trial_spec.hpp"
#include "workloads/demand.hpp"
#include "workloads/work.hpp"

namespace cbench {

// What the scripts of a trial ask for.
struct KnownWork {
  Work work;
  LeastDemand least;
};

// Of a trial that says it is ok and has said its window and its record. Empty where nothing is found. Each check has a
// margin for a machine that is busy: what it calls impossible no wait for a CPU makes, nor a process that stands still
// for less than most_untold.
std::string contradiction_in(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const std::optional<PeerCounts>& peer);

}  // namespace cbench
