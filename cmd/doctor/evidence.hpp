// What the checks of the host judge, and what they read from the kernel's files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "harness/clock.hpp"
#include "harness/host.hpp"
#include "system/cgroup.hpp"
#include "system/kernel_file.hpp"

namespace cbench {

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

inline std::optional<std::string> text_of(const Evidence& e, const char* file) {
  return read_kernel_file(e.root / file);
}
inline std::optional<std::uint64_t> number_of(const Evidence& e, const char* file) {
  return read_kernel_number(e.root / file);
}

inline std::string gib(std::uint64_t bytes) {
  return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1ULL << 30U));
}

}  // namespace cbench
