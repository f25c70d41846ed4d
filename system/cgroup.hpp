// What the control groups of this process allow: version 1, version 2 or both at once. A limit of any group between
// the process's own and the root holds, so the smallest one counts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cbench {

struct GroupLimits {
  std::optional<double> cpus;                // CPU time per time
  std::optional<std::uint64_t> free_memory;  // bytes until a limit; page cache that can be dropped counts as free
  std::optional<std::uint64_t> free_tasks;   // threads and processes until a limit
};

// Empty members where no group has such a limit or the kernel does not tell.
GroupLimits group_limits(const std::filesystem::path& root = "/");

}  // namespace cbench
