// Memory that the kernel holds on behalf of a group of processes: stacks of threads, page tables, sockets. It is not in
// any process's resident set, and for ten thousand threads it is more than what is.
#pragma once

#include <cstdint>
#include <string>

#include <sys/types.h>

namespace cbench {

// Counts from construction on. Where a control group can be made it is that of the process and all it forks; elsewhere
// what the whole machine's kernel stacks, page tables and slabs grew by, in which others have a part. One owner, one
// thread; the group goes with the object, once its processes have ended.
class KernelMemory {
 public:
  // `name` makes the group's name unlike others. `process` must not have begun to work.
  KernelMemory(pid_t process, const std::string& name);
  ~KernelMemory();
  KernelMemory(const KernelMemory&) = delete;
  KernelMemory& operator=(const KernelMemory&) = delete;

  // Bytes now.
  std::uint64_t bytes() const;
  // Whether they are those of a control group, and so of nobody else.
  bool is_own() const { return !group_.empty(); }

 private:
  std::string group_;  // path of the group; empty where there is none
  std::uint64_t before_ = 0;
};

}  // namespace cbench
