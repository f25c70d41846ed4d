// Tasks of several kinds, each with its share: how the scripts of a workload become the turns of a trial.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "workloads/work.hpp"

namespace cbench {

// One kind of task. Its scripts are what was drawn for it: as many tasks run the one as the other.
struct TaskKind {
  std::vector<Steps> scripts;
  std::string name = {};  // the class whose response times are kept apart; empty where there is one kind
  std::uint32_t weight = 1;
};

inline constexpr std::uint32_t most_weight = 10'000;  // of all kinds together, without what divides each of them

inline constexpr std::size_t usual_turns = 1000;

// How many turns each kind has: their shares are exact, and there are at least `least` turns in all. Of 0 kinds, and
// where the weights are above most_weight together, it throws UsageError.
std::vector<std::size_t> turns_of(const std::vector<std::uint32_t>& weights, std::size_t least);

// Work in an order drawn from the seed: `least` turns or more where kinds or scripts differ, and each script has one.
// In every hundred turns, or few more, each kind has its exact share. Throws UsageError as turns_of() and Work do.
Work work_of(const std::vector<TaskKind>& kinds, std::uint64_t seed, std::size_t least = usual_turns);

// Brings the entries into an order that `random` decides, the same everywhere: what std::shuffle does is each library's
// to say (Fisher and Yates).
template <class Entry>
void mix_up(std::vector<Entry>& entries, std::uint64_t random) {
  for (std::size_t i = entries.size(); i > 1; --i) {
    random = mix64(random);
    std::swap(entries[i - 1], entries[random % i]);
  }
}

}  // namespace cbench
