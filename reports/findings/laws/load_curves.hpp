// Response time against load: each model's cells of an open loop by increasing rate, what came of each rate, and where
// the curve bends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/stats/knee.hpp"

namespace cbench {

// What the repetitions of a rate say together.
enum class LoadVerdict : std::uint8_t {
  ok,          // the model kept up in every repetition that says anything
  overloaded,  // it could not in one or more: a finding about the model
  invalid,     // no repetition says anything about the model: the generator or the peer was the limit
  failed,      // no repetition says anything, since trials failed
};
std::string_view name_of(LoadVerdict verdict);
LoadVerdict verdict_of(const Cell& cell);

// "ok", "ok 2/3" (in two of three repetitions), "overloaded", "overloaded 1/3", "invalid", "failed".
std::string verdict_words(const Cell& cell);

// One model on one number of workers, with one kind of arrivals.
struct LoadCurve {
  std::vector<const Cell*> cells;  // by increasing rate; those that say nothing are there, as gaps
  std::optional<Knee> knee;

  const Cell& first() const { return *cells.front(); }
  std::string label() const { return first().label(); }
  std::uint32_t workers() const { return first().spec.workers; }
};

inline constexpr std::size_t fewest_rates_of_a_curve = 3;  // that were measured

// In the order of the block's cells, those with enough rates. They point into the block.
std::vector<LoadCurve> load_curves_of(const Block& block);

// Throughput over mean response time of each repetition, in tasks / s^2 (reports/stats/knee.hpp), and the mean of that;
// 0 where nothing was measured.
double power_of(const Cell& cell);

// "the knee lies between 8.00k/s and 9.50k/s (power, throughput over mean response time, is greatest at 9.00k/s)", or
// why there is none to be seen: half a sentence for behind a model's name.
std::string knee_words(const LoadCurve& curve);

// "between 4.00k and 12.0k/s", "below 320/s".
std::string place_of(const Knee& knee);

}  // namespace cbench
