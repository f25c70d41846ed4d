// What the machine and the build are, which goes on every record, and what else the machine did during a trial.
// Everything the kernel tells is read below `root`, so that tests can show a host of their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "record/facts.hpp"

namespace cbench {

// Call it after ticks::calibrate. Never throws for what the kernel does not tell: that is "unknown" or 0.
HostFacts host_facts(const std::filesystem::path& root = "/");

// How this program was built. `model_libraries`: name -> version of the libraries that models were built with; those of
// the program itself are added here.
BuildFacts build_facts(const TextMap& model_libraries);

// Which allocator answers malloc in this process, with its version: linked or preloaded makes no difference.
std::string allocator_in_use();

// What all CPUs together have done since boot. Taken before and after a trial.
struct HostActivity {
  double busy_s = 0;        // user and system, interrupts included
  double steal_s = 0;       // runnable, while the hypervisor ran something else
  double load_average = 0;  // of the last minute
  std::uint32_t cpus = 0;   // that these are the times of
};
HostActivity host_activity(const std::filesystem::path& root = "/");

// What other programs and the hypervisor took between two snapshots, in CPUs: 1 is the whole of one CPU.
struct ForeignActivity {
  double foreign_cpu_share = 0;  // busy and stolen time beyond `own_cpu_s`
  double steal_share = 0;
};
// `own_cpu_s`: what the trial and its peer used within the window. Nothing where the kernel does not tell: it counts in
// ticks of hundredths of a second, of which the window must hold ten.
std::optional<ForeignActivity> foreign_activity(const HostActivity& before, const HostActivity& after, double window_s,
                                                double own_cpu_s);

}  // namespace cbench
