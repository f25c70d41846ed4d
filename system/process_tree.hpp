// What the processes of a trial cost: CPU time, context switches, memory and threads of a process and everything that
// it forked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace cbench {

// Its living children, and those that have ended and were not waited for.
std::vector<pid_t> children_of(pid_t process);

// The same by a look at every process there is, for kernels that keep no lists of children (CONFIG_PROC_CHILDREN).
std::vector<pid_t> processes_with_parent(pid_t parent);

// The process and its living descendants, the process first.
std::vector<pid_t> process_tree(pid_t root);

// So far. Differences between two samples count; those of a thread that ended in between are lost.
struct ContextSwitches {
  std::uint64_t voluntary = 0;
  std::uint64_t involuntary = 0;
};
ContextSwitches context_switches_of(const std::vector<pid_t>& processes);

// CPU time of one process in seconds; 0 where it is gone.
double cpu_seconds_of(pid_t process);

// CPU time so far, in seconds, of the threads of a process whose names begin with one of these; 0 where there are none.
// What threads used that have ended is lost. Costs some 10 us for each thread of the process.
double cpu_seconds_of_threads(pid_t process, const std::vector<std::string>& names);

// Memory of processes in bytes, read once for each, whatever the number of their threads.
struct MemoryOfProcesses {
  std::uint64_t resident = 0;       // now; of the first its resident set, of the others their proportional share (PSS)
  std::uint64_t peak_resident = 0;  // the most that the first ever had, plus the share of the others now
  std::uint64_t peak_virtual = 0;   // address space, the most that each ever had
  std::uint32_t threads = 0;
};
// The first is the parent of the others: pages that a fork shares are counted once.
MemoryOfProcesses memory_of(const std::vector<pid_t>& processes);

}  // namespace cbench
