// The recorder: nothing is lost or miscounted, whoever records and from wherever.
#include "harness/recorder.hpp"

#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbench {
namespace {

constexpr Recorder::Times one_two_three{.queueing_ns = 1, .service_ns = 2, .response_ns = 3};

TEST(recorder, is_empty_at_first) {
  const Recorder recorder(4);
  EXPECT_EQ(recorder.finished(), 0);
  EXPECT_EQ(recorder.queueing().total(), 0);
  EXPECT_EQ(recorder.service().total(), 0);
  EXPECT_EQ(recorder.response().total(), 0);
}

TEST(recorder, keeps_the_three_times_apart) {
  Recorder recorder(2);
  recorder.record(recorder.place(0), {.queueing_ns = 10, .service_ns = 200, .response_ns = 3000});
  EXPECT_EQ(recorder.queueing().quantile(0.5), 10);
  EXPECT_EQ(recorder.service().quantile(0.5), 200);
  EXPECT_EQ(recorder.response().quantile(0.5), HistogramLayout::highest_at(HistogramLayout::index_of(3000)));
}

TEST(recorder, sums_over_its_shards) {
  Recorder recorder(3);
  for (std::uint64_t thread = 0; thread < 9; ++thread) {  // of which four find no shard of their own
    std::thread([&] {
      const Recorder::Place place = recorder.place(static_cast<std::uint32_t>(thread));
      for (std::uint64_t i = 0; i <= thread; ++i) recorder.record(place, one_two_three);
      recorder.count_finished(place, static_cast<std::uint32_t>(thread));
    }).join();
  }
  EXPECT_EQ(recorder.finished(), 9);
  EXPECT_EQ(recorder.finished_by_slice()[8], 1);
  EXPECT_EQ(recorder.queueing().total(), 45);
  EXPECT_EQ(recorder.queueing().count_at(1), 45);
  EXPECT_EQ(recorder.service().count_at(2), 45);
  EXPECT_EQ(recorder.response().count_at(3), 45);
}

TEST(recorder, keeps_the_response_times_of_classes_apart) {
  Recorder recorder(2, 3);
  for (std::uint32_t of_class = 0; of_class < 3; ++of_class) {
    for (const std::uint32_t cpu : {0U, 1U}) {
      recorder.record(recorder.place(cpu), {.response_ns = of_class + 10}, of_class);
      std::thread([&] { recorder.record(recorder.place(cpu), {.response_ns = of_class + 10}, of_class); }).join();
    }
  }
  EXPECT_EQ(recorder.response().total(), 12);
  for (std::uint32_t of_class = 0; of_class < 3; ++of_class) {
    EXPECT_EQ(recorder.response_of(of_class).total(), 4);
    EXPECT_EQ(recorder.response_of(of_class).count_at(of_class + 10), 4);
  }
}

TEST(recorder, gives_a_thread_the_same_place_again_but_none_of_another_recorder) {
  const Recorder first(1);
  const Recorder second(1);
  std::thread([&] { first.place(0); }).join();
  const Recorder::Place place = first.place(0);
  EXPECT_TRUE(place.alone);
  EXPECT_EQ(place.shard, 1);
  EXPECT_EQ(second.place(0).shard, 0);
  EXPECT_EQ(first.place(0).shard, 2) << "it has forgotten the one before, which costs a shard and no count";
}

TEST(recorder, takes_cpus_that_it_does_not_know) {
  Recorder recorder(2);
  for (int i = 0; i < 6; ++i) std::thread([&] { recorder.count_finished(recorder.place(4095)); }).join();
  EXPECT_EQ(recorder.finished(), 6);
}

TEST(recorder, counts_what_is_longer_than_an_hour_as_an_hour) {
  Recorder recorder(1);
  recorder.record(recorder.place(0), {.queueing_ns = UINT64_MAX, .service_ns = HistogramLayout::highest});
  EXPECT_EQ(recorder.queueing().count_at(HistogramLayout::size - 1), 1);
  EXPECT_EQ(recorder.service().count_at(HistogramLayout::size - 1), 1);
  EXPECT_EQ(recorder.response().count_at(0), 1);
}

void record_many(Recorder& recorder, std::uint64_t times) {
  for (std::uint64_t n = 0; n < times; ++n) {
    const Recorder::Place place = recorder.place(0);
    recorder.count_finished(place);
    recorder.record(place, one_two_three);
  }
}

TEST(recorder, loses_nothing_to_threads_on_the_same_shard) {
  Recorder recorder(1);
  constexpr std::uint64_t each = 200'000;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { record_many(recorder, each); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder.finished(), 8 * each);
  EXPECT_EQ(recorder.queueing().count_at(1), 8 * each);
  EXPECT_EQ(recorder.response().count_at(3), 8 * each);
}

TEST(recorder, loses_nothing_to_forked_processes) {
  Recorder recorder(1);
  constexpr std::uint64_t each = 200'000;
  record_many(recorder, 1);  // its place is the parent's
  for (int i = 0; i < 4; ++i) {
    if (fork() == 0) {
      record_many(recorder, each);
      _exit(0);
    }
  }
  while (wait(nullptr) > 0) {
  }
  EXPECT_EQ(recorder.finished(), 4 * each + 1);
  EXPECT_EQ(recorder.service().total(), 4 * each + 1);
}

}  // namespace
}  // namespace cbench
