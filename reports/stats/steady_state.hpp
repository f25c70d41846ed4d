// Whether a trial kept its level of throughput over its window: where it did not, its mean is that of no state at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cbench {

inline constexpr std::size_t fewest_slices = 8;                         // of a series that can be judged
inline constexpr std::string_view no_steady_state = "no steady state";  // how the sentence on a change begins

struct SteadyStateOptions {
  double least_change = 0.05;  // relative; less does not matter, however sure
  double tolerance = 0.1;      // relative; the level was kept where a change as large as this can be ruled out
};

enum class LevelChange : std::uint8_t {
  none,
  drift,    // from the beginning to the end
  shift,    // from one level to another
  passing,  // to another level and back
  stall,    // to nothing, or nearly
};

struct SteadyState {
  std::optional<bool> steady;  // nothing: the series does not tell
  LevelChange change = LevelChange::none;
  double relative_change = 0;  // -0.2 where throughput falls by a fifth of what it was before
  double from = 0;             // the part of the window on the other level: 0 its beginning, 1 its end
  double until = 0;
  std::string sentence;  // "no steady state: ..." where it is not steady, else empty
};

// Judges throughput over equal slices of the window. Noise of which each slice remembers up to 0.6 of the one before is
// marked as a change in one of a hundred series; docs/statistics.md says how this is done and what is found how often.
// One slice alone decides only where it takes `least_change` of the window's tasks.
SteadyState steady_state_of(std::span<const double> series_per_s, const SteadyStateOptions& options = {});

}  // namespace cbench
