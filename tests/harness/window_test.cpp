// The window in the child: what counts is what finishes between the instants that were announced, and nothing of the
// warm-up.
#include "harness/window.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "harness/clock.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

class CalibratedClock : public testing::Environment {
  void SetUp() override { ticks::calibrate(); }
};
const auto* const calibrated_clock = testing::AddGlobalTestEnvironment(new CalibratedClock);

// A model that runs a few tasks each time that the window sleeps, and knows when each of them finished.
class Model {
 public:
  explicit Model(Load& load) : load_(load) {}

  WindowHooks hooks() {
    return {.submit = [this](const Task& task) { tasks_.push_back(task); },
            .drain =
                [this] {
                  while (!tasks_.empty()) run_one();
                  std::this_thread::sleep_for(tells_late);
                },
            .announce =
                [this](const WindowEvent& event) {
                  announced = event;
                  announced_ns = ticks::from_kernel();
                  if (held_up_for == 0ms) return;
                  std::this_thread::sleep_for(held_up_for);
                  for (int i = 0; i < at_a_time && !tasks_.empty(); ++i) run_one();
                },
            .sleep =
                [this](std::chrono::nanoseconds time) {
                  if (ends_after && finished_ns.size() >= *ends_after) return true;
                  std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(time, 1ms));
                  for (int i = 0; i < at_a_time && !tasks_.empty(); ++i) run_one();
                  return false;
                }};
  }

  std::uint64_t finished_within(std::uint64_t begin, std::uint64_t end) const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(finished_ns, [&](std::uint64_t at) { return begin <= at && at < end; }));
  }

  std::deque<std::uint64_t> finished_ns;
  std::optional<WindowEvent> announced;
  std::uint64_t announced_ns = 0;
  std::optional<std::size_t> ends_after;
  std::chrono::milliseconds held_up_for{0};  // while it announces
  int at_a_time = 1;
  std::chrono::milliseconds tells_late{0};  // that all is drained

 private:
  void run_one() {
    Task task = tasks_.front();
    tasks_.pop_front();
    load_.start(task);
    const std::uint64_t digest =
        task.script_index < load_.work().distinct() ? load_.work().expected(task.script_index) : 0;
    const auto next = load_.finish(task, digest);
    finished_ns.push_back(ticks::from_kernel());
    if (next) tasks_.push_back(*next);
  }

  Load& load_;
  std::deque<Task> tasks_;
};

TEST(window, holds_what_finishes_between_the_instants_announced_and_no_warm_up) {
  const Work work({Steps{}});
  Load load(work, 4);
  Model model(load);
  model.at_a_time = 20;  // so that those between the announcement and the begin are many as well
  const std::uint64_t began = ticks::from_kernel();
  const WindowOutcome outcome =
      run_window({.concurrency = 4, .warmup = 150ms, .duration = 200ms}, {.most_warmup = 300ms}, load, model.hooks());
  ASSERT_TRUE(model.announced && model.announced->end_ns);
  const std::uint64_t begin = model.announced->begin_ns;
  const std::uint64_t end = *model.announced->end_ns;
  EXPECT_GE(begin, began + 150'000'000);
  EXPECT_LE(model.announced_ns, begin) << "the parent has time to read clocks at the begin";
  EXPECT_NEAR(static_cast<double>(end - begin), 200e6, 1e5);
  EXPECT_TRUE(outcome.settled);
  const std::uint64_t counted = load.recorder().response().total();
  const std::uint64_t in_warm_up = model.finished_within(0, begin);
  ASSERT_GT(in_warm_up, 20U);
  ASSERT_GT(counted, 20U);
  // A task's own stamp is taken a little before the test's.
  EXPECT_NEAR(static_cast<double>(counted), static_cast<double>(model.finished_within(begin, end)), 3);
  EXPECT_GE(load.recorder().finished(), counted + in_warm_up - 3);
}

TEST(window, counts_what_finishes_while_it_is_held_up_announcing) {
  const Work work({Steps{}});
  Load load(work, 4);
  Model model(load);
  model.at_a_time = 20;
  model.held_up_for = 20ms;
  run_window({.concurrency = 4, .warmup = 10ms, .duration = 100ms}, {.most_warmup = 100ms}, load, model.hooks());
  ASSERT_TRUE(model.announced && model.announced->end_ns);
  const std::uint64_t finished = model.finished_within(model.announced->begin_ns, *model.announced->end_ns);
  EXPECT_NEAR(static_cast<double>(load.recorder().response().total()), static_cast<double>(finished), 3);
}

TEST(window, waits_for_slots_that_have_not_finished_a_task_but_not_for_ever) {
  const Work work({Steps{}});
  for (const std::uint32_t slots : {10U, 4000U}) {  // a millisecond each
    Load load(work, slots);
    Model model(load);
    const std::uint64_t began = ticks::from_kernel();
    const WindowOutcome outcome = run_window({.concurrency = slots, .warmup = 1ms, .duration = 20ms},
                                             {.most_warmup = 400ms}, load, model.hooks());
    const double waited_ns = static_cast<double>(model.announced->begin_ns - began);
    EXPECT_EQ(outcome.settled, slots == 10);
    EXPECT_GE(model.finished_within(0, model.announced->begin_ns), slots == 10 ? 9U : 20U);
    EXPECT_GE(waited_ns, slots == 10 ? 1e6 : 400e6);
  }
}

TEST(window, of_fixed_work_holds_all_of_it_and_ends_with_it) {
  const Work work({Steps{}});
  Load load(work, 4, 50);
  Model model(load);
  model.tells_late = 20ms;
  const WindowOutcome outcome =
      run_window({.kind = LoadKind::fixed, .concurrency = 4, .tasks = 50}, {}, load, model.hooks());
  EXPECT_EQ(load.recorder().response().total(), 50U);
  ASSERT_TRUE(outcome.finish_ns);
  EXPECT_FALSE(model.announced->end_ns);
  EXPECT_GE(model.finished_ns.front(), model.announced->begin_ns);
  EXPECT_GE(*outcome.finish_ns, model.announced->begin_ns);
  EXPECT_LE(*outcome.finish_ns, model.finished_ns.back()) << "a task's own stamp is taken a little before the test's";
}

TEST(window, ends_at_once_where_the_parent_has_ended_the_trial) {
  const Work work({Steps{}});
  Load load(work, 4);
  Model model(load);
  model.ends_after = 5;
  const std::uint64_t began = ticks::from_kernel();
  run_window({.concurrency = 4, .warmup = 10s, .duration = 10s}, {.most_warmup = 20s}, load, model.hooks());
  EXPECT_LT(ticks::from_kernel() - began, 5'000'000'000U);
  ASSERT_TRUE(load.failure());
  EXPECT_NE(load.failure()->find("parent"), std::string::npos);
}

}  // namespace
}  // namespace cbench
