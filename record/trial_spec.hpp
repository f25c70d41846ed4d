// What is asked of one trial: model x workload x load x workers x seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "record/load_spec.hpp"
#include "record/text_map.hpp"

namespace cbench {

struct TrialSpec {
  std::string model;
  TextMap settings;  // the model's own
  std::string workload;
  TextMap parameters;  // the workload's own
  LoadSpec load;
  std::uint32_t workers = 1;
  std::uint64_t seed = 1;
  std::uint32_t repetition = 1;         // from 1
  bool is_baseline = false;             // its model is what the speedups of its runtime's models are measured against
  std::string runtime_name;             // which runtime's its model is; empty: native
  bool unasked = false;                 // runs because every speedup needs it, not because it was asked for
  std::uint64_t tasks_asked = 0;        // of fixed work, where an unasked baseline runs another number of them
  std::chrono::nanoseconds deadline{};  // after which the watchdog ends the trial; from its start
  std::uint64_t max_memory_bytes = 0;   // above which the trial is ended; 0: no limit
  std::uint16_t peer_port = 0;          // 0: no peer runs
  int peer_pid = 0;
};

}  // namespace cbench
