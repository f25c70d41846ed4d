// CPU time, user and system, of a thread or a process, as the kernel counts it: in nanoseconds, not in ticks of 10 ms.
#pragma once

#include <chrono>
#include <ctime>

namespace cbench {

// What the clock tells; nothing where whoever it belonged to is gone. Any thread.
inline std::chrono::nanoseconds cpu_time_of(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Of the calling thread since it began.
inline std::chrono::nanoseconds cpu_time_of_this_thread() { return cpu_time_of(CLOCK_THREAD_CPUTIME_ID); }

}  // namespace cbench
