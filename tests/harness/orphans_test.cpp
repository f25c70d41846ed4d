// What a trial leaves behind is told from what has ended there.
#include "harness/orphans.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

// A group of two: its leader starts another process, which ends at once or sleeps, and ends without waiting for it.
pid_t group_whose_leader_has_ended(bool other_sleeps) {
  const pid_t leader = fork();
  if (leader == 0) {
    setpgid(0, 0);
    const pid_t other = fork();
    if (other == 0) {
      if (other_sleeps) pause();
      _exit(0);
    }
    siginfo_t ended{};
    if (!other_sleeps) waitid(P_PID, static_cast<id_t>(other), &ended, WEXITED | WNOWAIT);  // it stays a zombie
    _exit(0);
  }
  waitpid(leader, nullptr, 0);
  return leader;
}

TEST(orphans, what_has_ended_is_nobody_though_nobody_has_waited_for_it) {
  const Orphans orphans;
  EXPECT_FALSE(anyone_runs_in(group_whose_leader_has_ended(false)));
}

TEST(orphans, what_sleeps_is_somebody_until_it_is_ended) {
  const Orphans orphans;
  const pid_t group = group_whose_leader_has_ended(true);
  EXPECT_TRUE(anyone_runs_in(group));
  EXPECT_TRUE(anyone_runs_in(group));
  orphans.end();
  EXPECT_FALSE(anyone_runs_in(group));
}

}  // namespace
}  // namespace cbench
