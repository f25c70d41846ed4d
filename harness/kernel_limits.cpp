#include "harness/kernel_limits.hpp"

#include <algorithm>
#include <string_view>

#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "system/cgroup.hpp"
#include "system/kernel_file.hpp"

namespace cbench {
namespace {

// Root may go beyond it.
std::uint64_t most_processes() {
  rlimit limit{};
  if (geteuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0) return UINT64_MAX;
  return limit.rlim_cur;
}

}  // namespace

std::vector<ThreadLimit> thread_limits(std::uint64_t processes, std::optional<std::uint64_t> free_tasks,
                                       const std::filesystem::path& root) {
  std::vector<ThreadLimit> limits;
  const auto add_file = [&](const char* file, std::string_view name, std::uint64_t a_thread, std::string_view remedy) {
    if (const auto value = read_kernel_number(root / file)) limits.push_back({name, *value, a_thread, remedy});
  };
  add_file("proc/sys/kernel/pid_max", "kernel.pid_max", 1, "run sudo sysctl kernel.pid_max={}");
  add_file("proc/sys/kernel/threads-max", "kernel.threads-max", 1, "run sudo sysctl kernel.threads-max={}");
  // A stack and its guard page are a mapping each.
  add_file("proc/sys/vm/max_map_count", "vm.max_map_count", 2, "run sudo sysctl vm.max_map_count={}");
  if (processes != UINT64_MAX) limits.push_back({"ulimit -u", processes, 1, "raise it to {}"});
  if (free_tasks) {
    limits.push_back(
        {"what is left of pids.max", *free_tasks, 1, "let {} more be made (docker run --pids-limit, TasksMax=)"});
  }
  return limits;
}

std::optional<std::string> why_not_threads(std::uint64_t threads, const std::filesystem::path& root,
                                           std::string_view less) {
  const std::vector<ThreadLimit> limits = thread_limits(most_processes(), group_limits(root).free_tasks, root);
  const auto lowest = std::ranges::min_element(limits, {}, &ThreadLimit::threads);
  if (lowest == limits.end() || threads + reserve_for_others <= lowest->threads()) return std::nullopt;
  return fmt::format(
      "{} threads at once are more than {} = {} allows: {}, or run {}", threads, lowest->name, lowest->value,
      fmt::format(fmt::runtime(lowest->remedy), (threads + reserve_for_others) * lowest->a_thread), less);
}

std::optional<std::string> why_not_mappings(std::uint64_t mappings, const std::string& what,
                                            const std::filesystem::path& root) {
  const auto most = read_kernel_number(root / "proc/sys/vm/max_map_count");
  if (!most || mappings + reserve_for_others <= *most) return std::nullopt;
  return fmt::format(
      "{} need {} memory mappings, and vm.max_map_count = {}: run sudo sysctl vm.max_map_count={}, or run "
      "with less in flight",
      what, mappings, *most, mappings + reserve_for_others);
}

std::optional<std::string> why_not_memory(std::uint64_t bytes, const std::string& what,
                                          const std::filesystem::path& root) {
  std::uint64_t free = UINT64_MAX;
  if (const auto text = read_kernel_file(root / "proc/meminfo")) {
    if (const auto line = line_named(*text, "MemAvailable")) free = leading_number(*line).value_or(free >> 10U) << 10U;
  }
  free = std::min(free, group_limits(root).free_memory.value_or(UINT64_MAX));
  if (bytes <= free) return std::nullopt;
  return fmt::format("{} need {} MiB of memory, and {} MiB are free: run with less in flight", what, bytes >> 20U,
                     free >> 20U);
}

}  // namespace cbench
