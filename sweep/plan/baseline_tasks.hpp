// How much of fixed work the baseline does where it runs for the others' sake alone.
#pragma once

#include <chrono>
#include <cstdint>

#include "workloads/work.hpp"

namespace cbench {

// What one task takes alone, to within a factor of a few: its waits, and its kernels at the pace of a usual CPU. The
// same on every machine, so that what is planned from it is.
std::chrono::nanoseconds time_alone(const Work& work);

// As many tasks as tell what one of them takes, where they come one after the other: those asked for, but no more than
// take about two seconds, or five. A million tasks that sleep for a second would take it eleven days. And more than
// were asked for where these are over too soon to read CPU time.
std::uint64_t baseline_tasks(std::uint64_t asked, const Work& work);

}  // namespace cbench
