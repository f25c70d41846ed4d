// The clock: both of its sources, and the arithmetic between ticks and nanoseconds.
#include "harness/clock.hpp"

#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

// Of the clock under test, in ns, while the kernel's clock counts `time`.
double measured(std::chrono::nanoseconds time) {
  const Ticks kernel_begin = ticks::from_kernel();
  const Ticks begin = ticks::now();
  std::this_thread::sleep_for(time);
  const Ticks end = ticks::now();
  const Ticks kernel_end = ticks::from_kernel();
  return static_cast<double>(ticks::to_ns(begin, end)) / static_cast<double>(kernel_end - kernel_begin);
}

class clock_source : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    source_ = ticks::calibrate(GetParam());
    if (!GetParam() && !source_.tsc) GTEST_SKIP() << source_.why;
  }
  ticks::Source source_;
};

TEST_P(clock_source, agrees_with_the_clock_of_the_kernel) { EXPECT_NEAR(measured(100ms), 1.0, 0.01); }

TEST_P(clock_source, never_goes_back_on_one_thread) {
  Ticks last = 0;
  for (int i = 0; i < 100'000; ++i) {
    const Ticks now = i % 2 == 0 ? ticks::now() : ticks::stamp().at;
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST_P(clock_source, a_stamp_names_a_cpu_that_there_is) {
  for (int i = 0; i < 1000; ++i) ASSERT_LT(ticks::stamp().cpu, sysconf(_SC_NPROCESSORS_CONF));
}

TEST_P(clock_source, a_stamp_names_the_cpu_that_the_thread_is_on) {
  cpu_set_t before;
  sched_getaffinity(0, sizeof(before), &before);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &before)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    EXPECT_EQ(ticks::stamp().cpu, static_cast<std::uint32_t>(cpu));
  }
  sched_setaffinity(0, sizeof(before), &before);
}

TEST_P(clock_source, ticks_and_ns_lead_back_to_each_other) {
  for (const std::chrono::nanoseconds time : std::initializer_list<std::chrono::nanoseconds>{1us, 1ms, 1s, 1h, 1000h}) {
    const auto there_and_back = static_cast<double>(ticks::to_ns(0, ticks::from_ns(time)));
    const auto expected = static_cast<double>(time.count());
    EXPECT_NEAR(there_and_back, expected, expected * 1e-6 + 2) << time.count() << " ns";
  }
}

TEST_P(clock_source, an_earlier_stamp_is_no_time_ago) {
  EXPECT_EQ(ticks::to_ns(1000, 1000), 0);
  EXPECT_EQ(ticks::to_ns(1001, 1000), 0);
  EXPECT_EQ(ticks::to_ns(UINT64_MAX, 0), 0);
}

INSTANTIATE_TEST_SUITE_P(of, clock_source, testing::Bool(),
                         [](const auto& about) { return std::string(about.param ? "the_kernel" : "the_counter"); });

TEST(clock, says_why_the_counter_is_not_used) {
  EXPECT_FALSE(ticks::calibrate(true).tsc);
  EXPECT_FALSE(ticks::use_tsc);
  EXPECT_NE(ticks::source().why, "");
  EXPECT_EQ(ticks::from_ns(7ns), 7) << "ticks of the kernel's clock are nanoseconds";
}

TEST(clock, says_nothing_where_the_counter_is_used) {
  const ticks::Source& source = ticks::calibrate();
  EXPECT_EQ(source.tsc, ticks::use_tsc);
  EXPECT_EQ(source.tsc, source.why.empty());
  EXPECT_GT(source.ticks_per_s, 0);
}

}  // namespace
}  // namespace cbench
