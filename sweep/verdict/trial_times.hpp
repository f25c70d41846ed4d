// Instants and lengths of a trial as its parent knows them, and how exact times are that a child tells: what checks of
// a record have in common.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "harness/trial.hpp"
#include "record/trial_spec.hpp"

namespace cbench {

inline constexpr double histogram_error = 0.005;  // of a mean that a histogram tells: its steps are of 0.1 %
// A first task of fixed work may come with the word of its window.
inline constexpr std::chrono::nanoseconds begin_slack = std::chrono::milliseconds(5);

inline double ns_of(std::chrono::nanoseconds time) { return static_cast<double>(time.count()); }
inline double ns_between(std::uint64_t earlier, std::uint64_t later) {
  return later > earlier ? static_cast<double>(later - earlier) : 0;
}
// Of a sum of waits: so much may be done in a time, were each wait as much too short as nobody would notice.
inline std::uint64_t waits_in(double time_ns) {
  return static_cast<std::uint64_t>(std::max(0.0, time_ns) / (1 - histogram_error));
}

// From when its first task can have been submitted.
inline std::uint64_t ready_of(const TrialOutcome& outcome) { return std::max(outcome.started_ns, outcome.unready_ns); }
// Until its last can have finished.
inline std::uint64_t ended_of(const TrialOutcome& outcome) {
  return outcome.ended_ns != 0 ? outcome.ended_ns : outcome.heard_ns;
}

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
