// What models cost, in CPU and in memory: said of those that are advised, and compared only where repetitions tell.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/findings/cells/cell.hpp"
#include "reports/stats/tiers.hpp"

namespace cbench {

// Of one model, by repetition; empty where it is not known.
struct Cost {
  std::string label;
  std::vector<double> cpus_us;  // CPU time a task, microseconds
  std::vector<double> bytes;    // memory for each task in flight
};
Cost cost_of(const Cell& cell);

// Who takes least of something, and the next.
struct Least {
  std::string label;
  std::string next;
  TierPlace place;  // of the next, over the least
};

// Of CPU or of memory (`values`: the member). Nothing where fewer than two know it, where one was repeated fewer than 3
// times, or where the least and the next are not told apart.
std::optional<Least> least_of(std::span<const Cost> costs, std::vector<double> Cost::*values);

// The sentences of "What it costs": what the advised models take, which of them takes least, and which of the others
// would take at least a tenth less CPU than each of them. Empty where nothing is known.
std::string costs_text(std::span<const Cost> advised, std::span<const Cost> others);

}  // namespace cbench
