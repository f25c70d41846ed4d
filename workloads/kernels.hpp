// The CPU kernels: one object code for every native model, so that a difference between models is never a difference
// between compilations.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cbench {

// The CPU kernels. Each is counted work ("primes below n"), never "spin for t", so that every model does the same.
enum class Kernel : std::uint8_t {
  primes,  // counts the primes in [2, amount) by trial division: branches and divisions
  mix,     // `amount` rounds of 64-bit integer mixing in registers: pure arithmetic
  memory,  // `amount` dependent loads over a buffer larger than the cache: memory latency
  fault,   // throws std::runtime_error: shows what a model does with a task that fails
};

// Runs the kernel on the calling thread. Pure: the same amount gives the same result on every thread and process.
// The compiler may neither inline it nor hoist it out of the loop over tasks.
[[gnu::noipa]] std::uint64_t run_kernel(Kernel kernel, std::uint64_t amount);

// Builds what kernels share (the buffer of `memory`) ahead of the first task, so that no task pays for it.
// Call it before workers are forked.
void prepare_kernel(Kernel kernel);

std::string_view name_of(Kernel kernel);
std::optional<Kernel> kernel_named(std::string_view name);

}  // namespace cbench
