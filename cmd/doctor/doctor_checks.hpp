// What on this host disturbs a measurement: one check for each thing that is known to, over evidence gathered first.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/clock.hpp"
#include "harness/host.hpp"
#include "system/cgroup.hpp"

namespace cbench {

enum class Severity : std::uint8_t {
  ok,
  note,     // know it when you read the numbers
  warning,  // the numbers will suffer
  error,    // nothing can be measured
};
std::string_view name_of(Severity severity);

struct Finding {
  Severity severity = Severity::ok;
  std::string_view subject;  // a word or two
  std::string meaning;       // what is so, and what it does to a measurement
  std::string remedy;        // how to change it; empty where there is nothing to change
};

// Another program's use of the CPU while the evidence was gathered.
struct BusyProcess {
  std::string name;
  int pid = 0;
  double cpus = 0;
};

// Everything that the checks judge. Files of the kernel are read below `root`; what must be tried out was tried out.
struct Evidence {
  std::filesystem::path root = "/";
  HostFacts facts;
  BuildFacts build;
  GroupLimits groups;
  ticks::Source clock;
  ForeignActivity activity;
  double load_average = 0;
  std::vector<BusyProcess> busiest;      // most first
  std::chrono::nanoseconds oversleep{};  // median of what a sleep of 50 us takes beyond them
  std::chrono::nanoseconds timer_slack{};
  std::uint64_t descriptors_soft = 0;
  std::uint64_t descriptors_hard = 0;
  std::uint64_t processes = UINT64_MAX;  // RLIMIT_NPROC
  std::string loopback_error;            // why no connection over 127.0.0.1 was possible; empty where one was
};

// Takes about half a second, in which other programs are watched. Calibrates the clock.
Evidence gather_evidence(const std::filesystem::path& root = "/");

// In the order in which they are judged; what does not exist on this host is left out.
std::vector<Finding> examine(const Evidence& evidence);

// The part of it that asks what the largest runs need.
std::vector<Finding> examine_limits(const Evidence& evidence);

}  // namespace cbench
