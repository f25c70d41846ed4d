// CPUs that are kept awake: who runs there, and who pays. Each test runs in a process of its own, which they end with.
#include "system/awake_cpus.hpp"

#include <chrono>
#include <ctime>
#include <thread>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include "harness/clock.hpp"
#include "harness/trial_meter.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Waits until they have used so much more, which beside other programs takes its time.
void wait_for_awake_seconds(double seconds) {
  for (const double before = awake_cpu_seconds(); awake_cpu_seconds() < before + seconds;) {
    std::this_thread::sleep_for(10ms);
  }
}

TEST(awake_cpus, spin_where_nothing_else_runs) {
  EXPECT_FALSE(cpus_are_kept_awake());
  EXPECT_EQ(awake_cpu_seconds(), 0);
  keep_cpus_awake();
  keep_cpus_awake();
  EXPECT_TRUE(cpus_are_kept_awake());
  wait_for_awake_seconds(0.02);
  EXPECT_LE(awake_cpu_seconds(), cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
}

TEST(awake_cpus, give_way_to_whoever_works) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &allowed)) ++cpu;
  CPU_ZERO(&allowed);
  CPU_SET(cpu, &allowed);
  ASSERT_EQ(sched_setaffinity(0, sizeof allowed, &allowed), 0);
  keep_cpus_awake();
  wait_for_awake_seconds(0.02);
  const double awake_before = awake_cpu_seconds();
  const double begin = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < begin + 0.5) {
  }
  EXPECT_LT(awake_cpu_seconds() - awake_before, 0.05) << "a tenth of what the worker had of the CPU that they share";
}

TEST(awake_cpus, are_no_cost_of_the_sweep) {
  ticks::calibrate();
  TrialMeter meter(getpid(), 0, "awake-cpus-test", {});
  keep_cpus_awake();
  meter.ready(false);
  meter.begin(ticks::from_kernel());
  wait_for_awake_seconds(0.1);
  meter.end(ticks::from_kernel());
  EXPECT_LT(meter.measures().own_cpu_s, 0.05);
}

}  // namespace
}  // namespace cbench
