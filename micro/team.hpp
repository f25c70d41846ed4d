// Threads that start together and do the operations of a benchmark, on one CPU or wherever the kernel puts them.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <string_view>

#include "micro/benchmark.hpp"

namespace cbench::micro {

enum class Placement : std::uint8_t {
  unpinned,  // wherever the kernel puts them
  pinned,    // all on one CPU: a wake-up need not reach another one
};
inline constexpr Placement placements[] = {Placement::pinned, Placement::unpinned};
std::string_view name_of(Placement placement);

using Body = std::function<void()>;

// Runs each body on a thread of its own and blocks until all have ended. Throws what a body threw; a body that leaves
// another one waiting for ever hangs the run, so it throws only once the others can end.
Measurement run_threads(std::span<const Body> bodies, Placement placement);
Measurement run_threads(std::initializer_list<Body> bodies, Placement placement);

// `work(thread, operations)` on so many threads, the operations shared out evenly.
using Share = std::function<void(std::uint32_t thread, std::uint64_t operations)>;
Measurement run_team(std::uint32_t threads, std::uint64_t operations, const Share& work);

// Throws Defect where a count is not what it must be: "`what`: 99 instead of 100".
void check_count(std::string_view what, std::uint64_t is, std::uint64_t must_be);

}  // namespace cbench::micro
