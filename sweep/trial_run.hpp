// One trial of a sweep: from what is asked to its record.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "harness/peer_process.hpp"
#include "harness/trial_meter.hpp"
#include "record/cell_key.hpp"
#include "record/trial_record.hpp"
#include "sweep/verdict/completed_record.hpp"

namespace cbench {

// The work of trials, drawn when it is first asked for. Digests and demands are found out here, once for each seed and
// number of workers, while no trial runs.
class KnownWorks {
 public:
  // Good as long as the object. Throws UsageError for a workload or a parameter that there is not.
  const KnownWork& of(const TrialSpec& spec);

 private:
  std::map<std::tuple<WorkKey, std::uint64_t, std::uint32_t>, KnownWork> known_;
};

struct TrialSetting {
  std::vector<std::string> command = {"/proc/self/exe", "trial"};
  std::string folder;                    // the command runs in; empty: this one's
  std::vector<std::string> environment;  // "NAME=value", all of it; empty: this process's
  Housekeepers housekeepers;             // of the model's runtime
  std::vector<std::string> warnings;     // for the record of each of its trials
  PeerProcess* peer = nullptr;           // nullptr: none runs
  HostFacts host;
  BuildFacts build;
  // Called about every 50 ms while the trial runs: a text that is not empty ends it as failed, with that reason.
  std::function<std::string()> look;
};

// Sets what runs the model of the trial: this program, or the command of its runtime with its environment.
void take_command(const TrialSpec& spec, TrialSetting& setting);

// Of a trial that could not be started, for this reason.
TrialRecord failed_record(TrialSpec spec, const TrialSetting& setting, std::string reason);

// Blocks until the trial is over; its record has an id of its own. Never throws for what becomes of the trial.
TrialRecord run_one_trial(TrialSpec spec, const KnownWork& known, const TrialSetting& setting);

}  // namespace cbench
