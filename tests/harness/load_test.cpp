// The load: which task follows which, what is recorded, how failures are kept, and that wrong models are found out.
#include "harness/load.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/walks/run_blocking.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

// The clock that is used in earnest.
class CalibratedClock : public testing::Environment {
  void SetUp() override { ticks::calibrate(); }
};
const auto* const calibrated_clock = testing::AddGlobalTestEnvironment(new CalibratedClock);

void open_window(Load& load) { load.set_window(ticks::now(), UINT64_MAX); }

// As a model would that is done at once.
std::optional<Task> run_right(Load& load, Task task) {
  const std::uint64_t digest = load.work().expected(task.script_index);
  load.start(task);
  return load.finish(task, digest);
}

std::string failure_of(const Load& load) { return load.failure().value_or("none"); }

TEST(load, brings_fixed_work_exactly_once) {
  const Work work({Steps{}});
  Load load(work, 3, 10);
  open_window(load);
  std::map<std::uint64_t, int> times;
  std::vector<Task> tasks;
  for (std::uint32_t slot = 0; slot < 3; ++slot) tasks.push_back(load.first(slot).value());
  while (!tasks.empty()) {
    const Task task = tasks.front();
    tasks.erase(tasks.begin());
    ++times[task.id];
    if (const auto next = run_right(load, task)) {
      EXPECT_EQ(next->slot, task.slot);
      tasks.push_back(*next);
    }
  }
  EXPECT_EQ(times.size(), 10);
  EXPECT_EQ(times.rbegin()->first, 9);
  for (const auto& [id, count] : times) EXPECT_EQ(count, 1) << "task " << id;
  EXPECT_EQ(load.recorder().finished(), 10);
}

TEST(load, has_no_first_task_for_a_slot_too_many) {
  const Work work({Steps{}});
  Load load(work, 3, 2);
  EXPECT_TRUE(load.first(0));
  EXPECT_TRUE(load.first(1));
  EXPECT_FALSE(load.first(2));
}

TEST(load, fills_every_slot_once_whoever_comes_first) {
  const Work work({Steps{}});
  constexpr std::uint32_t slots = 1000;
  Load load(work, slots);
  EXPECT_FALSE(load.next_first()) << "nobody has asked for it yet";
  load.fill();
  std::vector<std::vector<std::uint32_t>> given(4);
  std::vector<std::thread> threads;
  for (auto& mine : given) {
    threads.emplace_back([&] {
      while (const auto task = load.next_first()) mine.push_back(task->slot);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::map<std::uint32_t, int> times;
  for (const auto& theirs : given) {
    for (const std::uint32_t slot : theirs) ++times[slot];
  }
  EXPECT_EQ(times.size(), slots);
  for (const auto& [slot, count] : times) EXPECT_EQ(count, 1) << "slot " << slot;
  EXPECT_FALSE(load.next_first());
}

TEST(load, runs_every_script_of_fixed_work_equally_often_however_uneven_the_slots) {
  const Work work({wait(1ns), wait(2ns), wait(3ns)});
  Load load(work, 4, 30);
  std::map<std::uint32_t, int> times;
  std::vector<std::optional<Task>> tasks;
  for (std::uint32_t slot = 0; slot < 4; ++slot) tasks.push_back(load.first(slot));
  for (std::uint32_t turn = 0;
       std::any_of(tasks.begin(), tasks.end(), [](const auto& task) { return task.has_value(); }); ++turn) {
    for (std::uint32_t slot = 0; slot < 4; ++slot) {
      if (!tasks[slot] || turn % (slot + 1) != 0) continue;  // the later slots are slower
      ++times[tasks[slot]->script_index];
      EXPECT_EQ(tasks[slot]->script.data(), work.script(tasks[slot]->script_index).data());
      tasks[slot] = run_right(load, *tasks[slot]);
    }
  }
  EXPECT_EQ(times, (std::map<std::uint32_t, int>{{0, 10}, {1, 10}, {2, 10}}));
}

TEST(load, lets_every_slot_of_a_closed_loop_go_through_all_scripts) {
  const Work work({wait(1ns), wait(2ns), wait(3ns)});
  Load load(work, 3);
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    std::map<std::uint32_t, int> times;
    Task task = load.first(slot).value();
    EXPECT_EQ(task.script_index, slot) << "slots begin with different scripts";
    for (int i = 0; i < 9; ++i) {
      ++times[task.script_index];
      task = run_right(load, task).value();
    }
    EXPECT_EQ(times, (std::map<std::uint32_t, int>{{0, 3}, {1, 3}, {2, 3}}));
  }
}

// 100 slots, of which each has run 20 tasks of a thousand turns: each turn has come twice. Were they to begin at
// neighbouring turns 881 would not have come at all, and a rare kind of task, or the longest ones, most likely not
// either.
TEST(load, meets_all_of_a_long_order_in_a_short_closed_loop) {
  std::vector<Steps> scripts;
  for (int i = 0; i < 1000; ++i) scripts.push_back(wait(std::chrono::nanoseconds(i + 1)));
  const Work work(scripts);
  Load load(work, 100);
  std::map<std::uint32_t, int> times;
  for (std::uint32_t slot = 0; slot < 100; ++slot) {
    Task task = load.first(slot).value();
    for (int i = 0; i < 20; ++i) {
      ++times[task.script_index];
      task = run_right(load, task).value();
    }
  }
  EXPECT_EQ(times.size(), 1000U);
  for (const auto& [script, count] : times) EXPECT_EQ(count, 2) << script;
}

TEST(load, begins_at_the_turn_that_the_page_says) {
  const Work work({wait(1ns), wait(2ns), wait(3ns), wait(4ns), wait(5ns)});
  Load load(work, 3);
  for (const auto& [slot, first] : std::map<std::uint32_t, std::uint32_t>{{0, 0}, {1, 1}, {2, 3}}) {
    EXPECT_EQ(work.first_turn(slot, 3), first);
    Task task = load.first(slot).value();
    for (std::uint32_t k = 0; k < 12; ++k) {
      EXPECT_EQ(task.script_index, (first + k) % 5) << "slot " << slot;
      task = run_right(load, task).value();
    }
  }
}

TEST(load, gives_every_task_of_a_closed_loop_an_id_of_its_own) {
  const Work work({Steps{}});
  Load load(work, 5);
  std::map<std::uint64_t, int> times;
  for (std::uint32_t slot = 0; slot < 5; ++slot) {
    Task task = load.first(slot).value();
    for (int i = 0; i < 20; ++i) {
      ++times[task.id];
      task = run_right(load, task).value();
    }
  }
  EXPECT_EQ(times.size(), 100);
}

TEST(load, schedules_a_successor_at_the_instant_at_which_its_predecessor_ends) {
  const Work work({Steps{}});
  Load load(work, 1);
  Task task = load.first(0).value();
  load.start(task);
  const Ticks before = ticks::now();
  const Task next = load.finish(task, 0).value();
  EXPECT_GE(next.scheduled, before);
  EXPECT_LE(next.scheduled, ticks::now());
}

TEST(load, queueing_begins_at_the_scheduled_instant) {
  const Work work({Steps{}});
  Load load(work, 1, 1);
  open_window(load);
  const Task task = load.first(0).value();
  std::this_thread::sleep_for(20ms);  // nobody takes it
  Task started = task;
  load.start(started);
  std::this_thread::sleep_for(10ms);
  load.finish(started, 0);
  EXPECT_GE(load.recorder().queueing().smallest(), 19'900'000);
  EXPECT_GE(load.recorder().service().smallest(), 9'900'000);
  EXPECT_GE(load.recorder().response().smallest(), 29'800'000);
}

TEST(load, records_only_what_ends_within_the_window) {
  const Work work({Steps{}});
  Load load(work, 1);
  Task task = load.first(0).value();
  task = run_right(load, task).value();  // before the window is known
  EXPECT_EQ(load.recorder().response().total(), 0);
  const Ticks now = ticks::now();
  load.set_window(now + ticks::from_ns(1h), now + ticks::from_ns(2h));
  task = run_right(load, task).value();  // too early
  EXPECT_EQ(load.recorder().response().total(), 0);
  load.set_window(now, now + ticks::from_ns(2h));
  task = run_right(load, task).value();
  EXPECT_EQ(load.recorder().response().total(), 1);
  EXPECT_EQ(load.finished_by(0), 1);
  load.start(task);
  load.set_window(now, ticks::now());
  EXPECT_FALSE(load.finish(task, 0)) << "after the window nothing follows";
  EXPECT_EQ(load.recorder().response().total(), 1);
  EXPECT_EQ(load.recorder().finished(), 4) << "all of them are counted";
}

TEST(load, brings_nothing_after_it_was_stopped) {
  const Work work({Steps{}});
  Load load(work, 2);
  Task task = load.first(0).value();
  load.start(task);
  load.stop();
  EXPECT_FALSE(load.finish(task, 0));
  EXPECT_FALSE(load.failure());
}

TEST(load, takes_the_work_from_tasks_that_begin_too_late) {
  const Work work({wait(1h)});
  Load load(work, 3);
  Task begun = load.first(0).value();
  Task late = load.first(1).value();
  load.start(begun);
  EXPECT_EQ(begun.script.size(), 1);
  load.stop();
  load.start(late);
  EXPECT_TRUE(late.script.empty()) << "a task that begins after the end would hold up the drain";
  EXPECT_FALSE(load.finish(begun, work.expected(0)));
  EXPECT_FALSE(load.finish(late, 0));
  EXPECT_FALSE(load.failure());
  EXPECT_EQ(load.recorder().finished(), 1) << "a task that was left out is not finished";
  EXPECT_EQ(load.difference(), 0U);
}

TEST(load, takes_the_work_from_tasks_that_begin_after_the_window) {
  const Work work({wait(1h)});
  Load load(work, 1);
  load.set_window(ticks::now(), ticks::now() + ticks::from_ns(1ms));
  Task late = load.first(0).value();
  std::this_thread::sleep_for(2ms);
  load.start(late);
  EXPECT_TRUE(late.script.empty());
}

TEST(load, tells_how_evenly_the_slots_were_served) {
  const Work work({Steps{}});
  Load load(work, 2);
  open_window(load);
  Task task = load.first(0).value();
  EXPECT_EQ(load.finished_by_slots().fewest, 0U) << "a slot had none";
  for (int i = 0; i < 6; ++i) task = run_right(load, task).value();
  EXPECT_EQ(load.finished_by_slots().fewest, 0U) << "a slot had none";
  task = load.first(1).value();
  for (int i = 0; i < 4; ++i) task = run_right(load, task).value();
  EXPECT_EQ(load.finished_by(0), 6);
  EXPECT_EQ(load.finished_by(1), 4);
  EXPECT_DOUBLE_EQ(load.finished_by_slots().spread(), 1.5);
}

TEST(load, counts_slots_apart_however_many_there_are) {
  const Work work({Steps{}});
  for (const std::uint32_t slots : {1U, 4096U, 4097U, 100'000U}) {
    Load load(work, slots);
    open_window(load);
    for (const std::uint32_t slot : {0U, slots / 2, slots - 1}) run_right(load, load.first(slot).value());
    EXPECT_EQ(load.finished_by(0), slots <= 2 ? 3 : 1);
    EXPECT_EQ(load.finished_by(slots - 1), slots <= 2 ? 3 : 1);
  }
}

TEST(load, keeps_the_expected_digest_while_every_task_returns_its_own) {
  const Work work({wait(1ns), wait(2ns)});
  Load load(work, 2, 10);
  EXPECT_EQ(load.difference(), 0U);
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    for (auto task = load.first(slot); task;) task = run_right(load, *task);
  }
  EXPECT_EQ(load.difference(), 0U);
  EXPECT_FALSE(load.failure());
}

TEST(load, a_wrong_digest_fails_the_trial_and_names_the_task) {
  const Work work({wait(1ns)});
  Load load(work, 8);
  Task task = load.first(5).value();
  load.start(task);
  EXPECT_FALSE(load.finish(task, work.expected(0) + 1)) << "it goes on after a failure";
  EXPECT_EQ(load.difference(), 1U);
  EXPECT_NE(failure_of(load).find("task 5 (slot 5)"), std::string::npos) << failure_of(load);
  EXPECT_NE(failure_of(load).find("digest"), std::string::npos) << failure_of(load);
}

TEST(load, keeps_the_first_failure) {
  const Work work({Steps{}});
  Load load(work, 2);
  EXPECT_FALSE(load.failure());
  load.fail(load.first(1).value(), "the first reason");
  load.fail("the second reason");
  EXPECT_EQ(failure_of(load), "task 1 (slot 1): the first reason");
  EXPECT_FALSE(run_right(load, load.first(0).value())) << "no slot goes on after a failure";
  EXPECT_EQ(load.recorder().finished(), 1) << "a task that failed is over, too; the other did not begin";
}

TEST(load, cuts_a_long_reason) {
  const Work work({Steps{}});
  Load load(work, 1);
  load.fail(std::string(10'000, 'x'));
  EXPECT_EQ(failure_of(load), std::string(499, 'x'));
}

TEST(load, keeps_one_failure_of_many_threads_whole) {
  const Work work({Steps{}});
  Load load(work, 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&load, i] { load.fail(std::string(400, static_cast<char>('a' + i))); });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string reason = failure_of(load);
  EXPECT_EQ(reason, std::string(400, reason.front()));
}

TEST(load, is_shared_with_forked_workers) {
  const Work work({Steps{}});
  Load load(work, 2, 100);
  open_window(load);
  std::vector<Task> tasks{load.first(0).value(), load.first(1).value()};
  for (const Task& task : tasks) {
    if (fork() == 0) {
      for (std::optional<Task> next = task; next;) next = run_right(load, *next);
      _exit(0);
    }
  }
  while (::wait(nullptr) > 0) {
  }
  EXPECT_EQ(load.recorder().finished(), 100);
  EXPECT_EQ(load.finished_by(0) + load.finished_by(1), 100);
  if (fork() == 0) {
    load.fail("said by a child");
    _exit(0);
  }
  ::wait(nullptr);
  EXPECT_EQ(failure_of(load), "said by a child");
}

TEST(load, lets_one_after_the_other_into_a_lock) {
  const Work work({critical(2, {})});
  Load load(work, 1);
  for (int i = 0; i < 3; ++i) {
    load.enter(0);
    load.enter(2);
    load.leave(2);
    load.leave(0);
  }
  EXPECT_FALSE(load.failure());
}

TEST(load, finds_two_inside_one_lock) {
  const Work work({critical(2, {})});
  Load load(work, 1);
  load.enter(2);
  load.enter(2);
  EXPECT_EQ(failure_of(load), "two tasks were inside lock 2 at once");
}

TEST(load, finds_two_inside_one_lock_in_different_processes) {
  const Work work({critical(0, {})});
  Load load(work, 1);
  load.enter(0);
  if (fork() == 0) {
    load.enter(0);
    _exit(0);
  }
  ::wait(nullptr);
  EXPECT_EQ(failure_of(load), "two tasks were inside lock 0 at once");
}

// An idiom that does everything right, to be broken in one place by each test below.
struct RightIdiom {
  void wait(std::chrono::nanoseconds time) { std::this_thread::sleep_for(time); }
  std::uint64_t request(const Step& step, std::uint32_t) {
    return reply_value(step.bytes, static_cast<std::uint64_t>(step.time.count()));
  }
  void lock(std::uint32_t) { mutex.lock(); }
  void unlock(std::uint32_t) { mutex.unlock(); }
  std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
    Join join;
    for (std::uint32_t index = 0; index < width; ++index) join.run(branch, index);
    return join.result();
  }
  std::mutex mutex;
};

// What the load says of two threads that run this script by this idiom.
template <class Idiom>
std::string verdict_on(const Steps& steps) {
  const Work work({steps});
  Load load(work, 2, 2);
  Idiom idiom;
  std::vector<std::thread> threads;
  for (std::uint32_t slot = 0; slot < 2; ++slot) {
    threads.emplace_back([&, task = load.first(slot).value()] { run_task(idiom, load, 0, task); });
  }
  for (std::thread& thread : threads) thread.join();
  return failure_of(load);
}

const Steps everything = sequence({fan_out(3, compute(Kernel::mix, 5)), request(7, 1ns), critical(0, wait(20ms))});

TEST(load, finds_nothing_wrong_with_an_idiom_that_is_right) { EXPECT_EQ(verdict_on<RightIdiom>(everything), "none"); }

TEST(load, finds_out_a_lock_that_lets_two_in) {
  struct NoLock : RightIdiom {
    void lock(std::uint32_t) {}
    void unlock(std::uint32_t) {}
  };
  EXPECT_EQ(verdict_on<NoLock>(everything), "two tasks were inside lock 0 at once");
}

TEST(load, finds_out_a_branch_that_is_left_out) {
  struct OneMissing : RightIdiom {
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) { return RightIdiom::fan_out(width - 1, branch); }
  };
  EXPECT_NE(verdict_on<OneMissing>(everything).find("it did other work"), std::string::npos);
}

TEST(load, finds_out_a_branch_that_runs_in_place_of_another) {
  struct FirstTwice : RightIdiom {
    std::uint64_t fan_out(std::uint32_t width, const Branch& branch) {
      Join join;
      for (std::uint32_t index = 0; index < width; ++index) join.run(branch, index == 1 ? 0 : index);
      return join.result();
    }
  };
  EXPECT_NE(verdict_on<FirstTwice>(everything).find("it did other work"), std::string::npos);
}

TEST(load, finds_out_a_reply_to_another_request) {
  struct OtherReply : RightIdiom {
    std::uint64_t request(const Step& step, std::uint32_t) { return reply_value(step.bytes, 2); }
  };
  EXPECT_NE(verdict_on<OtherReply>(everything).find("it did other work"), std::string::npos);
}

}  // namespace
}  // namespace cbench
