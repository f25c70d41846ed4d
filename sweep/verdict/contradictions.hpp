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
// margin for a machine that is busy: what it calls impossible no delay makes.
std::string contradiction_in(const TrialSpec& spec, const KnownWork& known, const TrialOutcome& outcome,
                             const std::optional<PeerCounts>& peer);

// The measured time: the window, or the makespan of fixed work. 0 where it is not known.
double window_s_of(const TrialSpec& spec, const TrialOutcome& outcome);

// What was read of CPU time over a little more or less than the window, in seconds of the window: of a load that goes
// on the same share, of fixed work all, since after its last task there is little that uses any.
double cpu_s_within(const TrialSpec& spec, const TrialMeasures& measures, double window_s);

// Of the window, by which readings of CPU time may miss it and still be of it.
inline constexpr double most_late_share = 0.1;

// By how much the time between the parent's readings of CPU time differs from the window, at the end where it is more.
double readings_late_by_s(const TrialSpec& spec, const TrialMeasures& measures, double window_s);

}  // namespace cbench
