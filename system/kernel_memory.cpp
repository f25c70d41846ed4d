#include "system/kernel_memory.hpp"

#include <charconv>
#include <chrono>
#include <fstream>
#include <string_view>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cbench {
namespace {

using namespace std::chrono_literals;

// The path of this process's own memory group of version 1 below its mount; empty where there is none.
std::string own_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    if (line.substr(first + 1, second - first - 1) == "memory")
      return "/sys/fs/cgroup/memory" + line.substr(second + 1);
  }
  return {};
}

std::uint64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  file >> value;
  return value;
}

// Kernel stacks, page tables and slabs that cannot be given back, of the whole machine.
std::uint64_t of_machine() {
  std::ifstream file("/proc/meminfo");
  std::uint64_t kib = 0;
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(':');
    const std::string_view name = std::string_view(line).substr(0, colon);
    if (name != "KernelStack" && name != "PageTables" && name != "SUnreclaim") continue;
    std::uint64_t value = 0;
    const auto begin = line.find_first_of("0123456789", colon);
    if (begin != std::string::npos) std::from_chars(line.data() + begin, line.data() + line.size(), value);
    kib += value;
  }
  return kib * 1024;
}

}  // namespace

KernelMemory::KernelMemory(pid_t process, const std::string& name) {
  const std::string own = own_group();
  const std::string path = fmt::format("{}/cbench-{}", own, name);
  if (!own.empty() && access((own + "/memory.kmem.usage_in_bytes").c_str(), R_OK) == 0 &&
      mkdir(path.c_str(), 0755) == 0) {
    std::ofstream processes(path + "/cgroup.procs");
    processes << process << std::flush;
    if (processes) {
      group_ = path;
    } else {
      rmdir(path.c_str());
    }
  }
  before_ = bytes();
}

KernelMemory::~KernelMemory() {
  if (group_.empty()) return;
  // Processes that were just reaped leave their group a moment later.
  for (int tries = 0; rmdir(group_.c_str()) != 0 && tries < 50; ++tries) std::this_thread::sleep_for(1ms);
}

std::uint64_t KernelMemory::bytes() const {
  const std::uint64_t now = group_.empty() ? of_machine() : number_in(group_ + "/memory.kmem.usage_in_bytes");
  return now > before_ ? now - before_ : 0;
}

}  // namespace cbench
