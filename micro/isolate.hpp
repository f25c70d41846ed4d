// One run of a benchmark in a process of its own: a crash or a hang costs that run and no other, and libraries that
// cannot live in one process, or not with a fork of it, never meet.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "micro/benchmark.hpp"

namespace cbench::micro {

struct Outcome {
  Measurement measurement;
  std::string failure;  // empty where the operations did what they promise
};

// Forks, runs and waits; ends the process and whatever it started at `deadline`. The caller must have one thread and no
// runtime. Throws std::system_error where there is no process to be had.
Outcome run_isolated(const Benchmark& benchmark, std::uint64_t operations, std::chrono::nanoseconds deadline);

}  // namespace cbench::micro
