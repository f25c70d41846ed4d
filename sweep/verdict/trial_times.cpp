#include "sweep/verdict/trial_times.hpp"

namespace cbench {

double window_s_of(const TrialSpec& spec, const TrialOutcome& outcome) {
  if (!outcome.window) return 0;
  const std::uint64_t begin = outcome.window->begin_ns;
  const std::uint64_t end = spec.load.kind == LoadKind::fixed && outcome.record ? outcome.record->finish_ns.value_or(0)
                                                                                : outcome.window->end_ns.value_or(0);
  return end > begin ? static_cast<double>(end - begin) / 1e9 : 0;
}

double cpu_s_within(const TrialSpec& spec, const TrialMeasures& measures, double window_s) {
  if (spec.load.kind == LoadKind::fixed && measures.elapsed_s >= window_s) return measures.cpu_s;
  return measures.cpu_s / measures.elapsed_s * window_s;
}

double readings_late_by_s(const TrialSpec& spec, const TrialMeasures& measures, double window_s) {
  // When the last of fixed work had finished is known only once all is over, and the reading taken.
  const double end_late_s =
      spec.load.kind == LoadKind::fixed ? measures.begin_late_s + measures.elapsed_s - window_s : measures.end_late_s;
  return std::max(measures.begin_late_s, end_late_s);
}

}  // namespace cbench
