// CPUs that never halt. Where a hypervisor shares the machine, a CPU that halts is given away, and who wakes on it
// waits for its return, for tens of milliseconds at times; on bare metal it falls into a sleep that takes microseconds
// to leave.
#pragma once

namespace cbench {

// Starts a thread on each CPU that this process may use, which spins at the scheduler's idle priority: it runs where
// nothing else would, and gives way at once. They run until the process ends. A second call does nothing. Throws
// std::system_error, and none spins, where a thread cannot be made or the kernel refuses it that priority or that CPU.
void keep_cpus_awake();

// Whether they run.
bool cpus_are_kept_awake();

// CPU time of all of them so far, which the kernel counts as this process's. Any thread.
double awake_cpu_seconds();

}  // namespace cbench
