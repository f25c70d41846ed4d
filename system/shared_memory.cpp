#include "system/shared_memory.hpp"

#include <system_error>

#include <fmt/format.h>
#include <sys/mman.h>

namespace cbench {

SharedMemory::SharedMemory(std::size_t bytes) : bytes_(bytes == 0 ? 1 : bytes) {
  void* data = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), fmt::format("no shared memory of {} bytes", bytes_));
  }
  data_ = static_cast<std::byte*>(data);
}

SharedMemory::~SharedMemory() { munmap(data_, bytes_); }

}  // namespace cbench
