#include "system/process_tree.hpp"

#include <charconv>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace cbench {
namespace {

// The number behind "Name:" in a file of such lines, in the file's unit; 0 where it is not there.
std::uint64_t field(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.size() <= name.size() || !line.starts_with(name) || line[name.size()] != ':') continue;
    std::uint64_t value = 0;
    const auto begin = line.find_first_of("0123456789", name.size());
    if (begin != std::string::npos) std::from_chars(line.data() + begin, line.data() + line.size(), value);
    return value;
  }
  return 0;
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
  each_thread(process, [&](const std::string& thread) {
    std::ifstream children(thread + "/children");
    for (pid_t child = 0; children >> child;) {
      found.push_back(child);
      add_descendants(child, found);
    }
  });
}

}  // namespace

std::vector<pid_t> process_tree(pid_t root) {
  std::vector<pid_t> processes{root};
  add_descendants(root, processes);
  return processes;
}

double cpu_seconds_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Usage usage_of(const std::vector<pid_t>& processes) {
  Usage usage;
  for (const pid_t process : processes) {
    usage.cpu_s += cpu_seconds_of(process);
    if (process == getpid()) {  // the kernel also knows of threads that are gone
      rusage own{};
      getrusage(RUSAGE_SELF, &own);
      usage.voluntary_switches += static_cast<std::uint64_t>(own.ru_nvcsw);
      usage.involuntary_switches += static_cast<std::uint64_t>(own.ru_nivcsw);
      continue;
    }
    each_thread(process, [&](const std::string& thread) {
      usage.voluntary_switches += field(thread + "/status", "voluntary_ctxt_switches");
      usage.involuntary_switches += field(thread + "/status", "nonvoluntary_ctxt_switches");
    });
  }
  return usage;
}

std::uint64_t peak_memory_of_this_tree() {
  std::uint64_t kib = field("/proc/self/status", "VmHWM");
  for (const pid_t process : process_tree(getpid())) {
    if (process != getpid()) kib += field(fmt::format("/proc/{}/smaps_rollup", process), "Pss");
  }
  return kib * 1024;
}

std::uint32_t threads_of(const std::vector<pid_t>& processes) {
  std::uint64_t threads = 0;
  for (const pid_t process : processes) threads += field(fmt::format("/proc/{}/status", process), "Threads");
  return static_cast<std::uint32_t>(threads);
}

std::uint64_t resident_bytes_of(const std::vector<pid_t>& processes) {
  std::uint64_t kib = 0;
  for (const pid_t process : processes) kib += field(fmt::format("/proc/{}/status", process), "VmRSS");
  return kib * 1024;
}

}  // namespace cbench
