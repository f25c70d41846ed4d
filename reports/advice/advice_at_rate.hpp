// Advice at one rate of an open loop: who serves it, and under objectives, who keeps them there.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "reports/advice/advice.hpp"

namespace cbench {

// What the trials of one cell say: `none` is that of a trial which says nothing about the model (the generator or the
// peer could not, or too few requests for a percentile).
struct TrialVotes {
  std::uint32_t passes = 0;
  std::uint32_t fails = 0;
  std::uint32_t none = 0;
  std::string fails_by;   // what most of those that fail failed by: "overload", "errors", "p99<20ms"
  std::string silent_by;  // why most of those say nothing: "generator", "peer", "too few requests"

  std::uint32_t trials() const { return passes + fails + none; }
};

enum class Serves : std::uint8_t {
  yes,        // 3 trials or more, all that say something pass, and so do most; 95 % of what arrived was served, or more
  no,         // more than half of all fail, and not while other programs had the CPUs that the model lacked
  sometimes,  // some pass and some fail
  unknown,    // too few say anything
};
Serves serves(const Cell& cell, const TrialVotes& votes);
std::string_view name_of(Serves serves);  // "yes", "no", "sometimes", "unknown"

// `votes`: of each cell of the block, in its order. `slo`: the objectives, as typed; empty: to keep up is all. Of those
// that serve the rate, by p99 response time, as advice_on does it.
Advice advice_at_rate(const Block& block, std::span<const TrialVotes> votes, const std::string& slo,
                      const NoiseFloor* floor);

}  // namespace cbench
