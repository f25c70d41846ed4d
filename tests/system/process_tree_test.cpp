// Which processes belong to which.
#include "system/process_tree.hpp"

#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/child_process.hpp"

namespace cbench {
namespace {

std::vector<pid_t> sorted(std::vector<pid_t> processes) {
  std::ranges::sort(processes);
  return processes;
}

TEST(ProcessTree, finds_children_of_every_thread_with_and_without_the_kernels_lists) {
  std::vector<pid_t> started;
  const auto start = [&] { started.push_back(start_program({.command = {"sleep", "1000"}})); };
  start();
  std::thread other([&] {
    start();
    EXPECT_EQ(sorted(children_of(getpid())), sorted(started));
    EXPECT_EQ(sorted(processes_with_parent(getpid())), sorted(started));
  });
  other.join();
  EXPECT_TRUE(processes_with_parent(started.front()).empty());
  for (const pid_t child : started) kill(child, SIGKILL);
  siginfo_t ended{};
  for (const pid_t child : started) waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);
  EXPECT_EQ(sorted(children_of(getpid())), sorted(started)) << "ended, and not waited for";
  EXPECT_EQ(sorted(processes_with_parent(getpid())), sorted(started));
  for (const pid_t child : started) waitpid(child, nullptr, 0);
  EXPECT_TRUE(children_of(getpid()).empty());
  EXPECT_TRUE(processes_with_parent(getpid()).empty());
}

}  // namespace
}  // namespace cbench
