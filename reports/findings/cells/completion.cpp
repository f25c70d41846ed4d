#include "reports/findings/cells/completion.hpp"

#include "reports/stats/steady_state.hpp"

namespace cbench {

void note_steady_state(TrialRecord& record) {
  if (record.status != Status::ok) return;
  const SteadyState state = steady_state_of(record.series_per_s);
  record.steady_state = state.steady;
  if (!state.sentence.empty()) record.warnings.push_back(state.sentence);
}

bool warns_of_no_steady_state(const std::string& warning) { return warning.starts_with(no_steady_state); }

}  // namespace cbench
