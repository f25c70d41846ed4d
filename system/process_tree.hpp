// What the processes of a trial cost: CPU time, context switches, memory and threads of a process and everything that
// it forked.
#pragma once

#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace cbench {

// The process and its living descendants, the process first.
std::vector<pid_t> process_tree(pid_t root);

// CPU time and context switches so far. Differences between two samples count; what a descendant used that ended in
// between is lost.
struct Usage {
  double cpu_s = 0;  // user and system
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
};
Usage usage_of(const std::vector<pid_t>& processes);

// CPU time of one process in seconds; 0 where it is gone.
double cpu_seconds_of(pid_t process);

// The most memory that the calling process ever had resident (VmHWM), plus the proportional share (PSS) of what its
// descendants have now: pages that a fork shares are counted once.
std::uint64_t peak_memory_of_this_tree();

// OS threads now; 0 for processes that are gone.
std::uint32_t threads_of(const std::vector<pid_t>& processes);

// Memory resident now, in bytes, shared pages counted in each process.
std::uint64_t resident_bytes_of(const std::vector<pid_t>& processes);

}  // namespace cbench
