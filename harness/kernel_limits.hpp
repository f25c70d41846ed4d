// What a model needs of the kernel, compared with what the kernel allows before anything is made: a trial that cannot
// be run fails at once and names the limit and the value that it needs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// Threads and mappings that are kept for other processes, and for this one's own.
inline constexpr std::uint64_t reserve_for_others = 500;

// One of the kernel's limits on threads.
struct ThreadLimit {
  std::string_view name;
  std::uint64_t value = 0;     // as the kernel has it; of a control group what is left
  std::uint64_t a_thread = 1;  // how much of it a thread takes
  std::string_view remedy;     // raises it, with {} for its new value

  std::uint64_t threads() const { return value / a_thread; }
};

// All that this machine tells of. `processes`: the limit of the user (ulimit -u); UINT64_MAX: none. `free_tasks`: what
// the control group still allows.
std::vector<ThreadLimit> thread_limits(std::uint64_t processes, std::optional<std::uint64_t> free_tasks,
                                       const std::filesystem::path& root = "/");

// Each returns why so much cannot be had (what is needed, which limit is in the way, how to raise it); nothing where
// it can, or where the kernel does not tell. `root` is that of the file system.

// Threads of this process at once, beside those that it has. `less`: how to run so that fewer are needed.
std::optional<std::string> why_not_threads(std::uint64_t threads, const std::filesystem::path& root = "/",
                                           std::string_view less = "with less in flight");

// Memory mappings of this process, beside those that it has.
std::optional<std::string> why_not_mappings(std::uint64_t mappings, const std::string& what,
                                            const std::filesystem::path& root = "/");

// Memory that will be touched. `what` it is for, here and above: "1000000 stacks of 16 KiB".
std::optional<std::string> why_not_memory(std::uint64_t bytes, const std::string& what,
                                          const std::filesystem::path& root = "/");

}  // namespace cbench
