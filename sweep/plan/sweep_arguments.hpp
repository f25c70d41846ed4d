// What was asked for on the command line, before anybody has looked at it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cbench {

// The options of `cbench run` as they were typed; empty where they were not given.
struct SweepArguments {
  std::vector<std::string> models;
  std::vector<std::string> workloads;
  std::vector<std::string> params;
  std::vector<std::string> workers;
  std::vector<std::string> concurrency;
  std::string duration;
  std::string warmup;
  std::string sweep_time;  // what all trials may take where the times of one are not given; empty: 4 minutes
  std::string tasks;
  std::vector<std::string> rates;
  std::string arrivals;
  std::string late;
  std::string timeout;
  bool keep_awake = false;  // from the plan on no CPU halts (system/awake_cpus.hpp)
  std::string max_memory;
  std::uint32_t repetitions = 3;
  std::string precision;
  std::string max_repetitions;
  std::uint64_t seed = 1;
  std::vector<std::string> outputs;
  std::uint16_t peer_port = 0;
  std::uint32_t peers = 1;  // threads of the peer
  bool resume = false;
  bool no_baseline = false;
  bool quiet = false;
};

}  // namespace cbench
