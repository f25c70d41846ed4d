// The CPUs that this process may run on, however many the machine has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include <sched.h>

namespace cbench {

// Their numbers, ascending. Throws std::system_error where the kernel does not tell.
std::vector<std::uint32_t> allowed_cpus();

// How many cores these CPUs are threads of; 0 where the kernel does not tell. `root`: where its files lie.
std::uint32_t cores_of(std::span<const std::uint32_t> cpus, const std::filesystem::path& root = "/");

// A set of CPUs as calls of the kernel take it.
class CpuMask {
 public:
  explicit CpuMask(std::span<const std::uint32_t> cpus);
  const cpu_set_t* get() const { return mask_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(cpu_set_t* mask) const { CPU_FREE(mask); }
  };
  std::size_t bytes_;
  std::unique_ptr<cpu_set_t, Free> mask_;
};

}  // namespace cbench
