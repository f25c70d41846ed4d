// Whether the cells of a plan fit into memory, found out before the first of them runs: a sweep that holds a million
// tasks may take 17 GB, minutes, and the machine with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "sweep/plan/plan.hpp"

namespace cbench {

// What a trial held with few tasks in flight.
struct MemorySample {
  std::uint32_t concurrency = 0;
  std::uint64_t bytes = 0;  // in all
  double bytes_per_task = 0;
};

// In all, at so many tasks in flight, if each takes what it took in the sample.
std::uint64_t memory_at(const MemorySample& sample, std::uint32_t concurrency);

// The most tasks in flight that fit into so many bytes, rounded down to two digits; 0: none would.
std::uint32_t concurrency_that_fits(const MemorySample& sample, std::uint64_t bytes);

// Of the cells, for each model and work, that with the most tasks in flight, where it might not fit: where 64 kB a task
// are more than a trial may hold. For others nothing has to be measured.
std::vector<TrialSpec> cells_to_doubt(const std::vector<TrialSpec>& trials);

// A short trial of the same with few tasks, which takes a second or what a task takes.
TrialSpec sample_trial(TrialSpec cell, std::chrono::nanoseconds waiting);

// Why the cell does not fit, and what would; empty where it does.
std::string why_too_large(const TrialSpec& cell, const MemorySample& sample);

// Runs sample trials of the cells to be doubted, and records none of them. Blocks meanwhile. Throws UsageError where a
// cell does not fit. What cannot be found out (the sample fails) is let run: it has its own limit.
void check_memory(const SweepArguments& arguments, const SweepPlan& plan);

}  // namespace cbench
