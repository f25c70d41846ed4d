// The trials behind `cbench advise`: which models fit, how long there is for them, and what is asked of each. The
// trials run as those of `cbench run` and `cbench capacity` do, the rules are in reports/advice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/advice/advice.hpp"
#include "reports/advice/advice_at_rate.hpp"
#include "reports/advice/advice_on_capacity.hpp"
#include "reports/findings/cells/cells.hpp"
#include "sweep/capacity/capacity_trials.hpp"
#include "sweep/ending.hpp"
#include "sweep/plan/sweep_arguments.hpp"

namespace cbench {

struct AdviceArguments {
  SweepArguments run;  // no models: all that fit; repetitions and times are its own
  std::string slo;     // as typed; empty: none
  std::string time;    // for all trials; empty: 2 minutes, or 15 seconds a model of a search for capacities
};

// What the answer leaves open, and why, or how it can be had.
struct Untried {
  std::string what;
  std::string why;
};

struct AdviceResult : Ending {
  std::string workload;
  double rate_per_s = 0;  // 0: none was given
  std::string slo;        // empty: none was given
  Advice advice;
  std::vector<Untried> not_tried;
  Block block;                             // of the trials but those of a search for capacities
  std::vector<TrialVotes> votes;           // of each cell of the block, at a rate
  std::optional<CapacityResult> capacity;  // of a search
  std::vector<SustainedRate> rates;        // what that found, of each model
  HostFacts host;

  bool any_measured() const;
};

// Says on standard error how long it will take, unless `run.quiet`. Blocks until that is over, or until Ctrl-C (a
// signal). Throws UsageError before anything runs.
AdviceResult advise(const AdviceArguments& arguments);

}  // namespace cbench
