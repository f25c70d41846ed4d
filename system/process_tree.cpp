#include "system/process_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "system/cpu_clock.hpp"

namespace cbench {
namespace {

// The numbers behind "Name:" in a file of such lines, in the file's units; 0 for one that is not there.
template <std::size_t size>
std::array<std::uint64_t, size> fields_of(const std::string& path, const std::array<std::string_view, size>& names) {
  std::array<std::uint64_t, size> values{};
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::string_view name = names[i];
      if (line.size() <= name.size() || !line.starts_with(name) || line[name.size()] != ':') continue;
      const auto begin = line.find_first_of("0123456789", name.size());
      if (begin != std::string::npos) std::from_chars(line.data() + begin, line.data() + line.size(), values[i]);
    }
  }
  return values;
}

std::uint64_t field(const std::string& path, std::string_view name) {
  return fields_of(path, std::array<std::string_view, 1>{name})[0];
}

// Calls visit with the path of each thread of a process.
template <class Visit>
void each_thread(pid_t process, Visit visit) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process), error)) {
    visit(entry.path().string());
  }
}

void add_descendants(pid_t process, std::vector<pid_t>& found) {
  for (const pid_t child : children_of(process)) {
    found.push_back(child);
    add_descendants(child, found);
  }
}

}  // namespace

std::vector<pid_t> children_of(pid_t process) {
  static const bool kernel_tells = std::filesystem::exists(fmt::format("/proc/self/task/{}/children", gettid()));
  if (!kernel_tells) return processes_with_parent(process);
  std::vector<pid_t> found;
  each_thread(process, [&](const std::string& thread) {
    std::ifstream children(thread + "/children");
    for (pid_t child = 0; children >> child;) found.push_back(child);
  });
  return found;
}

std::vector<pid_t> processes_with_parent(pid_t parent) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), process).ec != std::errc{}) continue;
    if (field(entry.path() / "status", "PPid") == static_cast<std::uint64_t>(parent)) found.push_back(process);
  }
  return found;
}

std::vector<pid_t> process_tree(pid_t root) {
  std::vector<pid_t> processes{root};
  add_descendants(root, processes);
  return processes;
}

double cpu_seconds_of(pid_t process) {
  clockid_t clock{};
  if (clock_getcpuclockid(process, &clock) != 0) return 0;
  return std::chrono::duration<double>(cpu_time_of(clock)).count();
}

double cpu_seconds_of_threads(pid_t process, const std::vector<std::string>& names) {
  double seconds = 0;
  each_thread(process, [&](const std::string& thread) {
    std::string name;
    std::getline(std::ifstream(thread + "/comm"), name);
    const auto begins = [&](const std::string& beginning) { return name.starts_with(beginning); };
    if (std::ranges::none_of(names, begins)) return;
    // Its first number is the time on a CPU in nanoseconds; those of "stat" are counted in ticks of 10 ms.
    double on_cpu_ns = 0;
    if (std::ifstream(thread + "/schedstat") >> on_cpu_ns) seconds += on_cpu_ns / 1e9;
  });
  return seconds;
}

ContextSwitches context_switches_of(const std::vector<pid_t>& processes) {
  ContextSwitches switches;
  for (const pid_t process : processes) {
    each_thread(process, [&](const std::string& thread) {
      switches.voluntary += field(thread + "/status", "voluntary_ctxt_switches");
      switches.involuntary += field(thread + "/status", "nonvoluntary_ctxt_switches");
    });
  }
  return switches;
}

MemoryOfProcesses memory_of(const std::vector<pid_t>& processes) {
  MemoryOfProcesses memory;
  for (const pid_t process : processes) {
    const auto fields = fields_of(fmt::format("/proc/{}/status", process),
                                  std::array<std::string_view, 4>{"VmRSS", "VmHWM", "VmPeak", "Threads"});
    std::uint64_t resident = fields[0] * 1024;
    std::uint64_t peak = fields[1] * 1024;
    if (process != processes.front()) {
      resident = peak = field(fmt::format("/proc/{}/smaps_rollup", process), "Pss") * 1024;
    }
    memory.resident += resident;
    memory.peak_resident += peak;
    memory.peak_virtual += fields[2] * 1024;
    memory.threads += static_cast<std::uint32_t>(fields[3]);
  }
  return memory;
}

}  // namespace cbench
