// The clock behind every measured time: the time-stamp counter where it is invariant and agrees with the kernel's
// clock, clock_gettime(CLOCK_MONOTONIC) elsewhere. A stamp costs about 10 ns against 24.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif
#include <ctime>

#include <sched.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

namespace cbench {

// Units of the chosen source; only differences mean anything, and only within one boot.
using Ticks = std::uint64_t;

namespace ticks {

struct Source {
  bool tsc = false;
  std::uint64_t ns_per_tick_q32 = std::uint64_t{1} << 32U;  // 32.32 fixed point
  double ticks_per_s = 1e9;
  std::string why;  // why the counter is not used, where it is not
};

// Chooses the source. Takes about 20 ms. Call once, before any thread and before workers are forked.
// `forbid_tsc` is for tests and for hosts whose counter is known to be wrong.
const Source& calibrate(bool forbid_tsc = false);
// The source; calibrates where nobody has.
const Source& source();
// Takes over what another process of this machine found out, so that all trials of a sweep share one clock and none
// spends time on it. Call it in place of calibrate.
void adopt(const Source& found);

// What now() reads, kept apart from Source so that a stamp touches one cache line that is never written again.
extern bool use_tsc;
extern std::uint64_t ns_per_tick_q32;

struct Stamp {
  Ticks at;
  std::uint32_t cpu;  // the CPU that the calling thread was on
};

inline Ticks from_kernel() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<Ticks>(time.tv_sec) * 1'000'000'000U + static_cast<Ticks>(time.tv_nsec);
}

inline Ticks now() {
#if defined(__x86_64__)
  if (use_tsc) [[likely]]
    return __rdtsc();
#endif
  return from_kernel();
}

// The CPU that the calling thread is on. The kernel keeps it in the thread's restartable-sequences area (rseq), where
// it costs a load; RDTSCP would give time and CPU at once, but takes as long as two RDTSC.
inline std::uint32_t current_cpu() {
#if defined(__x86_64__) && defined(RSEQ_SIG)
  if (__rseq_size != 0) [[likely]] {
    std::uint32_t cpu = 0;
    // In one instruction, since a fiber may go on on another thread: the compiler must not keep the thread's address.
    asm volatile("movl %%fs:(%1), %0" : "=r"(cpu) : "r"(__rseq_offset + offsetof(struct rseq, cpu_id_start)));
    return cpu;
  }
#endif
  return static_cast<std::uint32_t>(sched_getcpu());
}

inline Stamp stamp() { return {now(), current_cpu()}; }

// A difference of ticks in ns. Negative differences (stamps of two CPUs a few cycles apart) count as 0.
__extension__ using Wide = unsigned __int128;
inline std::uint64_t to_ns(Ticks earlier, Ticks later) {
  if (later <= earlier) return 0;
  return static_cast<std::uint64_t>((static_cast<Wide>(later - earlier) * ns_per_tick_q32) >> 32U);
}
Ticks from_ns(std::chrono::nanoseconds time);
// The same instant as CLOCK_MONOTONIC tells it, in ns, for instants of the last minutes.
std::uint64_t to_monotonic(Ticks at);

}  // namespace ticks
}  // namespace cbench
