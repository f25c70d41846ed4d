#include "system/awake_cpus.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <pthread.h>

#include "system/cpu_clock.hpp"
#include "system/cpus.hpp"

namespace cbench {
namespace {

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();  // leaves a sibling hardware thread the core
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

// While it lives, signals are for other threads than this one and those that it makes.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_{};
};

class Spinner {
 public:
  explicit Spinner(std::uint32_t cpu)
      : thread_([](const std::stop_token& stop) {
          while (!stop.stop_requested()) pause_briefly();
        }) {
    const pthread_t thread = thread_.native_handle();
    // At the usual priority it would take what is to be measured.
    const sched_param none{};
    check(pthread_setschedparam(thread, SCHED_IDLE, &none), "the kernel refuses a thread the idle priority");
    const CpuMask one({&cpu, 1});
    check(pthread_setaffinity_np(thread, one.bytes(), one.get()),
          fmt::format("the kernel refuses a thread CPU {}", cpu));
    check(pthread_getcpuclockid(thread, &clock_), "the kernel has no CPU clock for a thread");
  }

  std::chrono::nanoseconds cpu_time() const { return cpu_time_of(clock_); }

 private:
  std::jthread thread_;
  clockid_t clock_ = 0;
};

std::vector<Spinner> on_all_cpus() {
  const BlockedSignals blocked;
  std::vector<Spinner> spinners;
  for (const std::uint32_t cpu : allowed_cpus()) spinners.emplace_back(cpu);
  return spinners;
}

std::atomic<const std::vector<Spinner>*> running = nullptr;

}  // namespace

void keep_cpus_awake() {
  static const std::vector<Spinner> spinners = on_all_cpus();
  running = &spinners;
}

bool cpus_are_kept_awake() { return running != nullptr; }

double awake_cpu_seconds() {
  std::chrono::nanoseconds time{};
  if (const std::vector<Spinner>* spinners = running) {
    for (const Spinner& spinner : *spinners) time += spinner.cpu_time();
  }
  return std::chrono::duration<double>(time).count();
}

}  // namespace cbench
