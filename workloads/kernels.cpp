#include "workloads/kernels.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "workloads/digest.hpp"

namespace cbench {
namespace {

std::uint64_t primes(std::uint64_t below) {
  std::uint64_t found = 0;
  for (std::uint32_t candidate = 2; candidate < below; ++candidate) {
    bool prime = true;
    for (std::uint32_t divisor = 2; divisor * divisor <= candidate; ++divisor) {
      if (candidate % divisor == 0) {
        prime = false;
        break;
      }
    }
    found += prime ? 1 : 0;
  }
  return found;
}

std::uint64_t mix(std::uint64_t rounds) {
  std::uint64_t state = 1;
  for (std::uint64_t i = 0; i < rounds; ++i) state = mix64(state);
  return state;
}

// One cycle through every cache line of a buffer four times the size of a large last-level cache slice, in an order
// that a prefetcher cannot guess (Sattolo's algorithm: a single cycle).
class PointerChase {
 public:
  static constexpr std::size_t line_bytes = 64;
  static constexpr std::size_t buffer_bytes = 64U << 20U;
  static constexpr std::uint32_t lines = buffer_bytes / line_bytes;

  PointerChase() : next_(new Line[lines]) {
    for (std::uint32_t i = 0; i < lines; ++i) next_[i].index = i;
    std::uint64_t random = 42;
    for (std::uint32_t i = lines - 1; i > 0; --i) {
      random = mix64(random);
      std::swap(next_[i].index, next_[random % i].index);
    }
  }

  std::uint64_t walk(std::uint64_t loads) const {
    std::uint32_t at = 0;
    for (std::uint64_t i = 0; i < loads; ++i) at = next_[at].index;
    return at;
  }

 private:
  struct alignas(line_bytes) Line {
    std::uint32_t index;
  };
  std::unique_ptr<Line[]> next_;
};

const PointerChase& pointer_chase() {
  static const PointerChase chase;
  return chase;
}

constexpr std::array<std::pair<Kernel, std::string_view>, 4> kernel_names{{
    {Kernel::primes, "primes"},
    {Kernel::mix, "mix"},
    {Kernel::memory, "memory"},
    {Kernel::fault, "fault"},
}};

}  // namespace

std::uint64_t run_kernel(Kernel kernel, std::uint64_t amount) {
  switch (kernel) {
    case Kernel::primes: return primes(amount);
    case Kernel::mix: return mix(amount);
    case Kernel::memory: return pointer_chase().walk(amount);
    case Kernel::fault: throw std::runtime_error("the fault kernel ran: this task is meant to fail");
  }
  throw std::logic_error("unknown kernel");
}

void prepare_kernel(Kernel kernel) {
  if (kernel == Kernel::memory) pointer_chase();
}

std::string_view name_of(Kernel kernel) {
  for (const auto& [value, name] : kernel_names) {
    if (value == kernel) return name;
  }
  return "unknown";
}

std::optional<Kernel> kernel_named(std::string_view name) {
  for (const auto& [value, known] : kernel_names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace cbench
