// What the processes of a trial leave behind: a daemon that left their group and session outlives a kill of the group,
// and would take CPU time from every trial that follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace cbench {

// Called by the one thread that starts trials.
class Orphans {
 public:
  // Notes the children that this process has. From now on orphans among its descendants become its children
  // (PR_SET_CHILD_SUBREAPER), for as long as it lives.
  Orphans();

  // Kills and awaits every child that was not there then, with all of its descendants. Blocks for as long as that
  // takes, a few ms; for a second at most, where the kernel cannot end one.
  void end() const;

  // Of those children but this one, with their descendants, how many still run; all, or those that have left the group
  // that it leads or led.
  enum class Which : std::uint8_t { all, have_left_its_group };
  std::size_t running_beside(pid_t child, Which which) const;

 private:
  std::vector<pid_t> new_children() const;

  std::vector<pid_t> there_before_;
};

// Whether a process of that group still runs. One that has ended is none, also where it has come to this process as an
// orphan: such are waited for here.
bool anyone_runs_in(pid_t group);

}  // namespace cbench
