// How fine what is measured is: results that differ by less are not known to differ, however well they repeat.
#pragma once

#include "record/load_spec.hpp"

namespace cbench {

// The smallest relative step of a time: the histograms tell three digits.
inline constexpr double time_resolution = 0.001;

// The smallest step of the throughput of one trial, in tasks a second: a task more or less within the window. With one
// task in flight throughput is the inverse of a time, and as fine as that; fixed work is counted before it begins, and
// its time is exact: 0.
double throughput_step_per_s(const LoadSpec& load, double window_s, double throughput_per_s);

}  // namespace cbench
