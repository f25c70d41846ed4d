// The arithmetic of digests, by which every model proves that it did the work that was asked for. 64-bit, and the same
// in every language (docs/protocol.md).
#pragma once

#include <cstdint>

namespace cbench {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection on 64 bits in which every bit depends on all.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// The digest after one more value. The order of values matters.
constexpr std::uint64_t fold(std::uint64_t digest, std::uint64_t value) { return mix64(digest * 31 + value); }

// Where branch `index` of a fan-out starts: so that a branch run twice in place of another is found out.
constexpr std::uint64_t branch_digest(std::uint32_t index) { return mix64(index + 1); }

// What a reply folds: computed from the header that came back, not from the step that asked for it.
constexpr std::uint64_t reply_value(std::uint32_t bytes, std::uint64_t delay_ns) { return fold(bytes, delay_ns); }

}  // namespace cbench
