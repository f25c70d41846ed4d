// What the user asked of the load: with --tasks, --rate, --arrivals, --late, --warmup and --duration, checked against
// each other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "record/load_spec.hpp"
#include "sweep/plan/sweep_arguments.hpp"
#include "workloads/work.hpp"

namespace cbench {

// Nothing in a time: it was not given.
struct LoadAsked {
  LoadKind kind = LoadKind::closed;
  std::optional<std::chrono::nanoseconds> warmup;
  std::optional<std::chrono::nanoseconds> duration;
  std::uint64_t tasks = 0;
  std::vector<double> rates_per_s{0};  // of an open load; else one that means nothing
  bool poisson = true;
  bool shed = false;
  std::chrono::nanoseconds sweep_time = std::chrono::minutes(4);  // of all trials, where nobody gives those of one
};

// Throws UsageError for what cannot be, and for options that exclude each other.
LoadAsked parse_load(const SweepArguments& arguments);

// Sets the times of a trial where they were not given: a window of 2 s after a warm-up of 500 ms, or as much less as it
// takes for a sweep of that many trials to fit into the sweep's time, but no less than is worth measuring. An open load
// warms up for `to_fill`, see below, and at a low rate has a longer window, for twenty arrivals.
void choose_times(const LoadAsked& asked, std::size_t trials, std::chrono::nanoseconds to_fill, LoadSpec& load);

// How long an open load goes on until about as many tasks end as begin, by what their scripts wait: twice the mean, and
// not less than all but one in 500 of them do.
std::chrono::nanoseconds time_to_fill(const Work& work);

// Of the script that waits longest: what follows from the mean alone is too short for it.
std::chrono::nanoseconds longest_wait(const Work& work);

// How many tasks of an open load may be in flight where nobody says: 1,000, or what the workload has in a closed loop,
// or twice what the waits of the scripts alone hold in flight at that rate, whichever is most.
std::uint32_t default_slots(double rate_per_s, std::chrono::nanoseconds waiting, std::uint32_t of_workload);

// Of a trial, beside warm-up and window: its process, clock and connections.
inline constexpr std::chrono::milliseconds set_up_time{150};
// What the generator can bring to a model that takes tasks as fast as it can.
inline constexpr double most_rate_per_s = 1e6;
inline constexpr std::uint32_t most_in_flight = 4'000'000;

}  // namespace cbench
