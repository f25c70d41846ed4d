// Zeroed memory that forked workers share with the process that made it. Pages are backed when first touched.
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>

namespace cbench {

// Owns one anonymous shared mapping. Throws std::system_error where the kernel gives none.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
  std::size_t bytes_;
};

// `count` zero-initialised objects in shared memory. T needs no destructor and is valid when all its bytes are 0.
template <class T>
class SharedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  explicit SharedArray(std::size_t count) : memory_(count * sizeof(T)), size_(count) {}
  T& operator[](std::size_t i) const { return begin()[i]; }
  T* begin() const { return std::launder(reinterpret_cast<T*>(memory_.data())); }
  T* end() const { return begin() + size_; }
  std::size_t size() const { return size_; }

 private:
  SharedMemory memory_;
  std::size_t size_;
};

}  // namespace cbench
