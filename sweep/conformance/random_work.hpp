// Scripts drawn at random from a seed, of the steps that a model knows, so that nobody can know their digests by heart.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "workloads/script.hpp"

namespace cbench {

// The same sequence for the same seed, on every machine.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}
  std::uint64_t between(std::uint64_t least, std::uint64_t most) { return least + random_() % (most - least + 1); }
  std::chrono::microseconds time(std::uint64_t least_us, std::uint64_t most_us) {
    return std::chrono::microseconds(between(least_us, most_us));
  }
  std::string word();  // a few small letters

 private:
  std::mt19937_64 random_;
};

// "primes", "mix", "memory", "wait", "request", "critical", "fan_out".
using KnownSteps = std::set<std::string, std::less<>>;

// One step of that name, with amounts that take a millisecond or less natively; the body of one that has a body is
// `inside`.
Steps draw_step(std::string_view name, Draws& draws, Steps inside);

// Steps within steps, at most `depth` deep, no lock inside itself and no more than four branches side by side.
Steps draw_nested(const KnownSteps& known, Draws& draws, int depth);

}  // namespace cbench
