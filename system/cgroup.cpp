#include "system/cgroup.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "system/kernel_file.hpp"

namespace cbench {
namespace {

namespace fs = std::filesystem;

// A folder of one group, and the version of its files.
struct Folder {
  fs::path path;
  bool v2;
};

// The kernel writes spaces and the like in mount points as \040.
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The group of this process in the hierarchy of a controller of version 1, or in that of version 2 ("").
std::optional<fs::path> group_of_process(const std::string& groups, std::string_view controller) {
  for (const std::string_view line : split(groups, '\n')) {  // 4:cpu,cpuacct:/a/b or 0::/a/b
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? line.starts_with("0::") : has(split(controllers, ','), controller)) {
      return fs::path(line.substr(second + 1));
    }
  }
  return std::nullopt;
}

// Every folder from the process's group up to the highest one that is mounted here.
std::vector<Folder> folders(const fs::path& root, std::string_view controller) {
  const std::string mounts = read_kernel_file(root / "proc/self/mountinfo").value_or("");
  const std::string groups = read_kernel_file(root / "proc/self/cgroup").value_or("");
  std::vector<Folder> found;
  for (const std::string_view line : split(mounts, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 5 || words.end() - dash < 4) continue;
    const bool v2 = dash[1] == "cgroup2";
    if (!v2 && (dash[1] != "cgroup" || !has(split(dash[3], ','), controller))) continue;
    const auto group = group_of_process(groups, v2 ? "" : controller);
    if (!group) continue;
    // A container sees its own group as the mount's root. A group outside of the mount is out of reach.
    fs::path inner = group->lexically_relative(without_escapes(words[3]));
    if (inner.empty() || *inner.begin() == ".." || inner == ".") inner.clear();
    const fs::path point = root / fs::path(without_escapes(words[4])).relative_path();
    for (;; inner = inner.parent_path()) {
      found.push_back({point / inner, v2});
      if (inner.empty()) break;
    }
  }
  return found;
}

template <class T>
void lower(std::optional<T>& least, std::optional<T> limit) {
  if (limit && (!least || *limit < *least)) least = limit;
}

std::optional<double> cpus(const Folder& folder) {
  std::optional<std::uint64_t> quota;
  std::optional<std::uint64_t> period;
  if (folder.v2) {
    const std::string text = read_kernel_file(folder.path / "cpu.max").value_or("");  // "150000 100000", "max 100000"
    const std::vector<std::string_view> words = split(text, ' ');
    if (words.size() == 2) {
      quota = leading_number(words[0]);
      period = leading_number(words[1]);
    }
  } else {
    quota = read_kernel_number(folder.path / "cpu.cfs_quota_us");  // -1: none
    period = read_kernel_number(folder.path / "cpu.cfs_period_us");
  }
  if (!quota || !period || *quota == 0 || *period == 0) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::uint64_t less(std::uint64_t limit, std::uint64_t used) { return limit - std::min(limit, used); }

std::optional<std::uint64_t> free_memory(const Folder& folder) {
  constexpr std::uint64_t none_v1 = std::uint64_t{1} << 60U;  // version 1 writes "no limit" as a number near 2^63
  const auto limit = read_kernel_number(folder.path / (folder.v2 ? "memory.max" : "memory.limit_in_bytes"));
  if (!limit || *limit >= none_v1) return std::nullopt;
  const auto used = read_kernel_number(folder.path / (folder.v2 ? "memory.current" : "memory.usage_in_bytes"));
  std::uint64_t cache = 0;
  const std::string statistics = read_kernel_file(folder.path / "memory.stat").value_or("");
  const std::string_view name = folder.v2 ? "inactive_file " : "total_inactive_file ";
  for (const std::string_view line : split(statistics, '\n')) {
    if (line.starts_with(name)) cache = leading_number(line.substr(name.size())).value_or(0);
  }
  return less(*limit, less(used.value_or(0), cache));
}

std::optional<std::uint64_t> free_tasks(const Folder& folder) {
  const auto limit = read_kernel_number(folder.path / "pids.max");
  if (!limit) return std::nullopt;
  return less(*limit, read_kernel_number(folder.path / "pids.current").value_or(0));
}

}  // namespace

GroupLimits group_limits(const fs::path& root) {
  GroupLimits limits;
  for (const Folder& folder : folders(root, "cpu")) lower(limits.cpus, cpus(folder));
  for (const Folder& folder : folders(root, "memory")) lower(limits.free_memory, free_memory(folder));
  for (const Folder& folder : folders(root, "pids")) lower(limits.free_tasks, free_tasks(folder));
  return limits;
}

}  // namespace cbench
