#include "system/cpus.hpp"

#include <algorithm>
#include <cerrno>
#include <new>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "system/kernel_file.hpp"

namespace cbench {
namespace {

constexpr std::size_t most_cpus = 1U << 16U;  // that a kernel may be built for; today 8,192

std::uint32_t most_of(std::span<const std::uint32_t> cpus) {
  return cpus.empty() ? 0 : *std::ranges::max_element(cpus);
}

}  // namespace

std::vector<std::uint32_t> allowed_cpus() {
  // The kernel refuses a set that is smaller than its own.
  for (std::size_t count = CPU_SETSIZE; count <= most_cpus; count *= 2) {
    const std::size_t bytes = CPU_ALLOC_SIZE(count);
    std::vector<cpu_set_t> mask(bytes / sizeof(cpu_set_t) + 1);
    if (sched_getaffinity(0, bytes, mask.data()) != 0) {
      if (errno == EINVAL) continue;
      break;
    }
    std::vector<std::uint32_t> cpus;
    for (std::uint32_t cpu = 0; cpu < count; ++cpu) {
      if (CPU_ISSET_S(cpu, bytes, mask.data())) cpus.push_back(cpu);
    }
    return cpus;
  }
  throw std::system_error(errno, std::generic_category(), "the kernel does not tell which CPUs may be used");
}

std::uint32_t cores_of(std::span<const std::uint32_t> cpus, const std::filesystem::path& root) {
  std::set<std::string> cores;
  for (const std::uint32_t cpu : cpus) {
    const auto siblings =
        read_kernel_file(root / fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    if (siblings) cores.insert(*siblings);
  }
  return static_cast<std::uint32_t>(cores.size());
}

CpuMask::CpuMask(std::span<const std::uint32_t> cpus)
    : bytes_(CPU_ALLOC_SIZE(most_of(cpus) + 1)), mask_(CPU_ALLOC(most_of(cpus) + 1)) {
  if (!mask_) throw std::bad_alloc();
  CPU_ZERO_S(bytes_, mask_.get());
  for (const std::uint32_t cpu : cpus) CPU_SET_S(cpu, bytes_, mask_.get());
}

}  // namespace cbench
