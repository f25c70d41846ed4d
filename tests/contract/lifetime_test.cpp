// What a model made is gone when it is destroyed, and another one can be made in its place.
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <thread>

#include <signal.h>
#include <unistd.h>

#include "tests/contract/trial.hpp"

namespace cbench::contract_tests {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t pid = 0; file >> pid;) pids.push_back(pid);
  }
  return pids;
}

// What this process owns of what the kernel counts.
struct Belongings {
  std::size_t threads = 0;
  std::size_t descriptors = 0;
  std::size_t children = 0;
  std::size_t shared_mappings = 0;

  bool is_within(const Belongings& most) const {
    return threads <= most.threads && descriptors <= most.descriptors && children <= most.children &&
           shared_mappings <= most.shared_mappings;
  }
  friend std::ostream& operator<<(std::ostream& out, const Belongings& has) {
    return out << has.threads << " threads, " << has.descriptors << " descriptors, " << has.children
               << " child processes, " << has.shared_mappings << " shared mappings";
  }
};

std::size_t entries_in(const char* folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

Belongings belongings() {
  Belongings has{.threads = entries_in("/proc/self/task"),
                 .descriptors = entries_in("/proc/self/fd"),
                 .children = children().size()};
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const std::size_t space = line.find(' ');
    if (space != std::string::npos && line[space + 4] == 's') ++has.shared_mappings;
  }
  return has;
}

// A thread that was joined is still listed for a moment: so nobody may have more than before, but may well have less.
Belongings belongings_once_within(const Belongings& before) {
  Belongings has = belongings();
  for (int i = 0; i < 200 && !has.is_within(before); ++i) {
    std::this_thread::sleep_for(10ms);
    has = belongings();
  }
  return has;
}

Steps some_of_everything() {
  return sequence({request(64, 1ms), wait(100us), critical(0, compute(Kernel::mix, 10)),
                   fan_out(3, sequence({request(10, 100us), compute(Kernel::mix, 10)}))});
}

// Makes and destroys a model, twice: what a library makes once a process may stay, child processes may not.
template <class Life>
void expect_nothing_left_of(Life life) {
  const std::size_t children_before = children().size();
  life();
  const Belongings before = belongings();
  EXPECT_EQ(before.children, children_before);
  life();
  const Belongings after = belongings_once_within(before);
  EXPECT_TRUE(after.is_within(before)) << "before: " << before << "; after: " << after;
}

TEST_P(contract, leaves_nothing_behind) {
  peer_port();  // the peer is there before we count
  expect_nothing_left_of(
      [&] { EXPECT_TRUE(did_its_work(run({.scripts = {some_of_everything()}, .slots = 20, .tasks = 100}))); });
}

TEST_P(contract, leaves_nothing_behind_where_it_never_ran) {
  expect_nothing_left_of([&] { Trial(GetParam(), {.scripts = {wait(1ms)}, .slots = 20}); });
}

TEST_P(contract, leaves_nothing_behind_after_a_failure) {
  expect_nothing_left_of([&] {
    run({.scripts = {fan_out(3, sequence({wait(1ms), compute(Kernel::fault, 0)}))}, .slots = 20, .tasks = 100});
  });
}

TEST_P(contract, another_one_can_follow_it) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(did_its_work(run({.scripts = {some_of_everything()}, .slots = 8, .tasks = 40})));
  }
}

TEST_P(contract, notices_a_worker_process_that_dies) {
  const std::vector<pid_t> before = children();
  Trial trial(GetParam(), {.scripts = {critical(0, wait(2ms))}, .slots = 8});
  std::vector<pid_t> workers = children();
  std::erase_if(workers, [&](pid_t pid) { return std::find(before.begin(), before.end(), pid) != before.end(); });
  if (workers.empty()) GTEST_SKIP() << "this model has no worker processes";
  trial.start();
  std::this_thread::sleep_for(20ms);
  kill(workers.front(), SIGKILL);
  const Outcome outcome = trial.finish();
  EXPECT_NE(outcome.failure.find("signal 9"), std::string::npos) << outcome.failure;
}

}  // namespace
}  // namespace cbench::contract_tests
