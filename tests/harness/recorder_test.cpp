// The recorder: nothing is lost or miscounted, whoever records and from wherever.
#include "harness/recorder.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbench {
namespace {

TEST(recorder, is_empty_at_first) {
  const Recorder recorder(4);
  EXPECT_EQ(recorder.finished(), 0);
  EXPECT_EQ(recorder.queueing().total(), 0);
  EXPECT_EQ(recorder.service().total(), 0);
  EXPECT_EQ(recorder.response().total(), 0);
}

TEST(recorder, keeps_the_three_times_apart) {
  Recorder recorder(2);
  recorder.record(0, 10, 200, 3000);
  EXPECT_EQ(recorder.queueing().quantile(0.5), 10);
  EXPECT_EQ(recorder.service().quantile(0.5), 200);
  EXPECT_EQ(recorder.response().quantile(0.5), HistogramLayout::highest_at(HistogramLayout::index_of(3000)));
}

TEST(recorder, sums_over_the_cpus) {
  Recorder recorder(3);
  for (std::uint32_t cpu = 0; cpu < 3; ++cpu) {
    for (std::uint32_t i = 0; i <= cpu; ++i) recorder.record(cpu, 1, 2, 3);
    recorder.count_finished(cpu);
  }
  EXPECT_EQ(recorder.finished(), 3);
  EXPECT_EQ(recorder.queueing().total(), 6);
  EXPECT_EQ(recorder.queueing().count_at(1), 6);
  EXPECT_EQ(recorder.service().count_at(2), 6);
  EXPECT_EQ(recorder.response().count_at(3), 6);
}

TEST(recorder, keeps_the_response_times_of_classes_apart) {
  Recorder recorder(2, 3);
  for (std::uint32_t of_class = 0; of_class < 3; ++of_class) {
    for (const std::uint32_t cpu : {0U, 1U}) recorder.record_class(cpu, of_class, of_class + 10);
  }
  for (std::uint32_t of_class = 0; of_class < 3; ++of_class) {
    EXPECT_EQ(recorder.response_of(of_class).total(), 2);
    EXPECT_EQ(recorder.response_of(of_class).count_at(of_class + 10), 2);
  }
}

TEST(recorder, takes_cpus_that_it_does_not_know) {
  Recorder recorder(2);
  recorder.record(7, 1, 1, 1);
  recorder.count_finished(4095);
  EXPECT_EQ(recorder.finished(), 1);
  EXPECT_EQ(recorder.response().total(), 1);
}

TEST(recorder, counts_what_is_longer_than_an_hour_as_an_hour) {
  Recorder recorder(1);
  recorder.record(0, UINT64_MAX, HistogramLayout::highest, 0);
  EXPECT_EQ(recorder.queueing().count_at(HistogramLayout::size - 1), 1);
  EXPECT_EQ(recorder.service().count_at(HistogramLayout::size - 1), 1);
  EXPECT_EQ(recorder.response().count_at(0), 1);
}

TEST(recorder, loses_nothing_to_threads_on_the_same_shard) {
  Recorder recorder(1);
  constexpr std::uint64_t each = 200'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < each; ++n) {
        recorder.count_finished(0);
        recorder.record(0, 5, 6, 11);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder.finished(), 4 * each);
  EXPECT_EQ(recorder.queueing().count_at(5), 4 * each);
  EXPECT_EQ(recorder.response().count_at(11), 4 * each);
}

TEST(recorder, loses_nothing_to_forked_processes) {
  Recorder recorder(1);
  constexpr std::uint64_t each = 100'000;
  for (int i = 0; i < 3; ++i) {
    if (fork() == 0) {
      for (std::uint64_t n = 0; n < each; ++n) {
        recorder.count_finished(0);
        recorder.record(0, 1, 2, 3);
      }
      _exit(0);
    }
  }
  while (wait(nullptr) > 0) {
  }
  EXPECT_EQ(recorder.finished(), 3 * each);
  EXPECT_EQ(recorder.service().total(), 3 * each);
}

}  // namespace
}  // namespace cbench
