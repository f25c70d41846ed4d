#include "system/awake_cpus.hpp"

#include <atomic>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

namespace cbench {
namespace {

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();  // leaves a sibling hardware thread the core
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

class Spinner {
 public:
  explicit Spinner(int cpu)
      : thread_([cpu](const std::stop_token& stop) {
          const sched_param none{};
          // Where it is refused, a spinner at the usual priority would take what is to be measured.
          if (pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) != 0) return;
          cpu_set_t one;
          CPU_ZERO(&one);
          CPU_SET(cpu, &one);
          if (pthread_setaffinity_np(pthread_self(), sizeof one, &one) != 0) return;
          while (!stop.stop_requested()) pause_briefly();
        }) {
    pthread_getcpuclockid(thread_.native_handle(), &clock_);
  }

  double cpu_seconds() const {
    timespec time{};
    return clock_gettime(clock_, &time) == 0
               ? static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9
               : 0;
  }

 private:
  std::jthread thread_;
  clockid_t clock_ = 0;
};

std::vector<Spinner> on_all_cpus() {
  sigset_t all;  // signals are for whoever waits for them
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<Spinner> spinners;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) spinners.emplace_back(cpu);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
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
  double seconds = 0;
  if (const std::vector<Spinner>* spinners = running) {
    for (const Spinner& spinner : *spinners) seconds += spinner.cpu_seconds();
  }
  return seconds;
}

}  // namespace cbench
