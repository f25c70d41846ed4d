#include "reports/findings/completion.hpp"

#include "reports/stats/steady_state.hpp"

namespace cbench {

void note_steady_state(TrialRecord& record) {
  if (record.status != Status::ok || record.series_per_s.size() < fewest_slices) return;
  const Drift drift = drift_of(record.series_per_s);
  record.steady_state = !drift.drifts;
  if (drift.drifts) record.warnings.push_back(drift.sentence);
}

bool warns_of_drift(const std::string& warning) { return warning.starts_with(no_steady_state); }

}  // namespace cbench
