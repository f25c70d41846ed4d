#include "harness/orphans.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/process_tree.hpp"

namespace cbench {

using namespace std::chrono_literals;

Orphans::Orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  there_before_ = children_of(getpid());
}

std::vector<pid_t> Orphans::new_children() const {
  std::vector<pid_t> children = children_of(getpid());
  std::erase_if(children, [&](pid_t child) { return std::ranges::find(there_before_, child) != there_before_.end(); });
  return children;
}

std::size_t Orphans::running_beside(pid_t child, Which which) const {
  std::size_t running = 0;
  for (const pid_t other : new_children()) {
    if (other == child || (which == Which::have_left_its_group && getpgid(other) == child)) continue;
    siginfo_t ended{};
    if (waitid(P_PID, static_cast<id_t>(other), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid != 0)
      continue;
    running += process_tree(other).size();
  }
  return running;
}

void Orphans::end() const {
  const auto until = std::chrono::steady_clock::now() + 1s;
  for (;;) {
    std::vector<pid_t> left = new_children();
    for (const pid_t child : left) {
      for (const pid_t process : process_tree(child)) kill(process, SIGKILL);
    }
    // The children of one that has ended come to this process in turn: until there is none.
    std::erase_if(left, [](pid_t child) { return waitpid(child, nullptr, WNOHANG) != 0; });
    if (left.empty() && children_of(getpid()).size() <= there_before_.size()) return;
    if (std::chrono::steady_clock::now() > until) return;
    std::this_thread::sleep_for(500us);
  }
}

bool anyone_runs_in(pid_t group) {
  while (waitpid(-group, nullptr, WNOHANG) > 0) {
  }
  return kill(-group, 0) == 0;
}

}  // namespace cbench
