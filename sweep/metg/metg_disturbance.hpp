// Which trials of a search for METG tell something, and which have to be repeated because other processes used the CPUs
// beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "reports/stats/metg.hpp"

namespace cbench {

// What one trial brought. A size is a whole number of rounds of the kernel or of ns, so that the same size is the same
// work.
struct GranularityTrial {
  std::uint64_t amount = 0;
  double throughput_per_s = 0;
  // Of one CPU; none where the machine was too busy to tell, or the window too short.
  std::optional<double> foreign_cpu_share = 0;
};

// A trial tells nothing where others used that much of a CPU, or where nobody knows how much they used.
inline constexpr double disturbing_share = 0.2;
// So often a size is tried for a quiet trial, more often where other sizes of the model had one. Some models make the
// kernel itself busy, which is on no process's account: what is never quiet may be the model's own doing, and the
// quietest of its trials are taken, with a word on it.
inline constexpr std::size_t most_tries = 4;
inline constexpr std::size_t most_tries_beside_quiet_ones = 8;
// Of one model, beyond that its search ends: a machine that is never quiet would keep it going for ever.
inline constexpr std::size_t most_left_out = 20;

struct SiftedTrials {
  std::vector<GranularityTrial> kept;
  std::size_t left_out = 0;
  std::optional<std::uint64_t> again;  // the size to repeat next: there is no quiet trial of it yet
  std::set<std::uint64_t> disturbed;   // sizes of which no trial was quiet

  bool is_given_up() const { return left_out >= most_left_out; }
};

// Of the trials of one model.
SiftedTrials sift(std::span<const GranularityTrial> trials);

// Says of a METG that there is none of whether that is the model's limit: not where the search had to end early, and
// perhaps not where trials were disturbed.
void doubt_refusal(Metg& metg, const SiftedTrials& sifted);

}  // namespace cbench
