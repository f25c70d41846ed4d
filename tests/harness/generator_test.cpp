// The generator: every arrival of the closed form comes, at its instant or as soon as can be, and no CPU is burnt in
// between.
#include "harness/generator.hpp"

#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "harness/window.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

class CalibratedClock : public testing::Environment {
  void SetUp() override { ticks::calibrate(); }
};
const auto* const calibrated_clock = testing::AddGlobalTestEnvironment(new CalibratedClock);

// A model that does what it is told at once, on the generator's own thread.
class AtOnce {
 public:
  explicit AtOnce(Load& load) : load_(load) {}

  WindowHooks hooks() {
    return {.submit =
                [this](const Task& task) {
                  submitted.push_back(task);
                  if (before_task) before_task();
                  std::optional<Task> next = task;
                  while (next) {
                    Task one = *next;
                    load_.start(one);
                    next = load_.finish(one, 0);
                  }
                },
            .drain = [] {},
            .announce = [this](const WindowEvent& event) { announced = event; },
            .sleep =
                [this](std::chrono::nanoseconds time) {
                  const timespec wait{static_cast<time_t>(time.count() / 1'000'000'000),
                                      static_cast<long>(time.count() % 1'000'000'000)};
                  ppoll(nullptr, 0, &wait, nullptr);
                  return ends_after && submitted.size() >= *ends_after;
                }};
  }

  std::vector<Task> submitted;
  WindowEvent announced;
  std::function<void()> before_task;
  std::optional<std::size_t> ends_after;

 private:
  Load& load_;
};

constexpr LoadSpec spec{
    .kind = LoadKind::open, .concurrency = 100, .rate_per_s = 2000, .warmup = 50ms, .duration = 300ms};
const ArrivalRule rule{.rate_per_s = spec.rate_per_s, .poisson = true, .seed = 9};

TEST(generator, brings_every_arrival_of_the_closed_form_and_none_before_it_is_due) {
  const Work work({Steps{}});
  Load load(work, spec.concurrency, rule, false);
  AtOnce model(load);
  const WindowOutcome outcome = run_window(spec, {.drain = 1s}, load, model.hooks());
  const std::uint64_t expected = arrivals_before(rule, spec.warmup + spec.duration);
  // Those that an arrival before them has taken along, where all of it happens on one thread, are not submitted.
  EXPECT_LE(model.submitted.size(), expected);
  EXPECT_EQ(load.recorder().finished(), expected);
  const ArrivalCounts counts = load.arrival_counts();
  EXPECT_EQ(counts.end.due, expected);
  EXPECT_EQ(counts.begin.due, arrivals_before(rule, spec.warmup));
  EXPECT_EQ(load.recorder().response().total(), counts.due());
  EXPECT_EQ(counts.unfinished, 0U);
  EXPECT_EQ(counts.late, 0U);
  EXPECT_EQ(counts.lag.total(), counts.due());
  EXPECT_EQ(load.failure().value_or(""), "");
  EXPECT_TRUE(outcome.settled);
  EXPECT_TRUE(outcome.generator_cpu);
  const std::uint64_t length = *model.announced.end_ns - model.announced.begin_ns;
  EXPECT_NEAR(static_cast<double>(length), 300e6, 1e4);
  for (std::size_t i = 1; i < model.submitted.size(); ++i) {
    EXPECT_LT(model.submitted[i - 1].id, model.submitted[i].id);
    EXPECT_LE(model.submitted[i - 1].scheduled, model.submitted[i].scheduled);
  }
}

TEST(generator, sleeps_between_arrivals) {
  const Work work({Steps{}});
  const ArrivalRule seldom{.rate_per_s = 100, .poisson = false};
  LoadSpec slow = spec;
  slow.rate_per_s = 100;
  Load load(work, slow.concurrency, seldom, false);
  AtOnce model(load);
  const WindowOutcome outcome = run_window(slow, {.drain = 1s}, load, model.hooks());
  EXPECT_LT(*outcome.generator_cpu, slow.duration / 10) << "it looked at the clock in place of sleeping";
}

TEST(generator, charges_what_came_during_a_stall_from_when_it_was_due) {
  const Work work({Steps{}});
  const ArrivalRule steady{.rate_per_s = 1000, .poisson = false};
  LoadSpec slow = spec;
  slow.rate_per_s = 1000;
  Load load(work, slow.concurrency, steady, false);
  AtOnce model(load);
  bool stalled = false;
  model.before_task = [&] {
    if (stalled || model.submitted.size() < 100) return;
    stalled = true;
    std::this_thread::sleep_for(100ms);
  };
  run_window(slow, {.drain = 1s}, load, model.hooks());
  const Histogram response = load.recorder().response();
  ASSERT_EQ(response.total(), 300U);
  // One task in 3 came while the model stood still, and waits for what is left of the 100 ms: 50 on average.
  EXPECT_GE(response.quantile(0.99), 90'000'000U);
  EXPECT_GE(response.mean(), 0.9 * 100e6 / 2 / 3);
}

TEST(generator, ends_when_the_parent_does) {
  const Work work({Steps{}});
  Load load(work, spec.concurrency, rule, false);
  AtOnce model(load);
  model.ends_after = 20;
  LoadSpec forever = spec;
  forever.duration = 1h;
  run_window(forever, {.drain = 1s}, load, model.hooks());
  EXPECT_EQ(load.failure().value_or(""), "the parent has ended the trial");
}

TEST(generator, brings_nothing_more_once_a_task_has_failed) {
  const Work work({Steps{}});
  Load load(work, spec.concurrency, rule, false);
  AtOnce model(load);
  model.before_task = [&] {
    if (model.submitted.size() == 10) load.fail("enough");
  };
  run_window(spec, {.drain = 1s}, load, model.hooks());
  EXPECT_EQ(model.submitted.size(), 10U);
}

}  // namespace
}  // namespace cbench
