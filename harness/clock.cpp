#include "harness/clock.hpp"

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <fmt/format.h>

namespace cbench::ticks {
namespace {

using namespace std::chrono_literals;

constexpr auto calibration_time = 5ms;
constexpr int calibrations = 3;
constexpr double tolerance = 1e-3;  // between calibrations: 0.1 %, the resolution of the histograms

Source chosen;
bool known = false;  // by calibrate or adopt

#if defined(__x86_64__)
bool counter_is_invariant() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1U << 8U)) != 0;
}

// The counter and the kernel's clock at the same instant: of several tries the one that took least.
struct Pair {
  std::uint64_t counter;
  std::uint64_t ns;
};
Pair read_both() {
  Pair best{};
  std::uint64_t shortest = UINT64_MAX;
  for (int i = 0; i < 10; ++i) {
    const std::uint64_t before = __rdtsc();
    const std::uint64_t ns = from_kernel();
    const std::uint64_t after = __rdtsc();
    if (after - before < shortest) {
      shortest = after - before;
      best = {before + (after - before) / 2, ns};
    }
  }
  return best;
}

Source measured_counter() {
  if (!counter_is_invariant()) return {.why = "this CPU has no invariant time-stamp counter"};
  std::vector<double> frequencies;
  Pair first = read_both();
  for (int i = 0; i < calibrations; ++i) {
    std::this_thread::sleep_for(calibration_time);
    const Pair next = read_both();
    if (next.counter <= first.counter) return {.why = "the time-stamp counter went backwards"};
    frequencies.push_back(static_cast<double>(next.counter - first.counter) / static_cast<double>(next.ns - first.ns));
    first = next;
  }
  std::sort(frequencies.begin(), frequencies.end());
  const double per_ns = frequencies[frequencies.size() / 2];
  if ((frequencies.back() - frequencies.front()) / per_ns > tolerance) {
    return {.why = fmt::format("the time-stamp counter and the kernel's clock disagree: {:.4f} to {:.4f} GHz",
                               frequencies.front(), frequencies.back())};
  }
  return {.tsc = true,
          .ns_per_tick_q32 = static_cast<std::uint64_t>(std::llround(4294967296.0 / per_ns)),
          .ticks_per_s = per_ns * 1e9};
}
#endif

}  // namespace

bool use_tsc = false;
std::uint64_t ns_per_tick_q32 = std::uint64_t{1} << 32U;

const Source& calibrate(bool forbid_tsc) {
#if defined(__x86_64__)
  chosen = forbid_tsc ? Source{.why = "it was forbidden"} : measured_counter();
#else
  chosen = Source{.why = "this is not an x86-64 CPU"};
#endif
  adopt(chosen);
  return chosen;
}

void adopt(const Source& found) {
  known = true;
  chosen = found;
  use_tsc = chosen.tsc;
  ns_per_tick_q32 = chosen.ns_per_tick_q32;
}

const Source& source() {
  if (!known) calibrate();
  return chosen;
}

std::uint64_t to_monotonic(Ticks at) {
  if (!use_tsc) return at;
  // Of several readings of both clocks the one that took least.
  Ticks counter = 0;
  std::uint64_t ns = 0;
  Ticks shortest = UINT64_MAX;
  for (int i = 0; i < 5; ++i) {
    const Ticks before = now();
    const std::uint64_t kernel = from_kernel();
    const Ticks after = now();
    if (after - before >= shortest) continue;
    shortest = after - before;
    counter = before + (after - before) / 2;
    ns = kernel;
  }
  return at >= counter ? ns + to_ns(counter, at) : ns - to_ns(at, counter);
}

Ticks from_ns(std::chrono::nanoseconds time) {
  return static_cast<Ticks>(static_cast<double>(time.count()) * chosen.ticks_per_s / 1e9);
}

}  // namespace cbench::ticks
