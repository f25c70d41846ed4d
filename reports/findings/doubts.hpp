// What a reader should doubt, in sentences: from the numbers of the cells, by rules that are written down here and
// nowhere else. Where no rule holds, nothing is said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

// Sentences on what makes the numbers doubtful. X throughput, C tasks in flight, T the window, m the tasks finished per
// slot in the repetition with the fewest:
//   - one repetition alone, or a throughput interval wider than +-10 %
//   - times that do not hold (Cell::times_hold) and are not shown: where T is shorter than ten times C / X, tasks are
//     too long for it, with the window that would do; where it is longer, others never had their turn
//   - the efficiency is above 105 %, and its interval is above 100 %: nothing is that good, so the demands are not
//     those of the tasks
//   - throughput did not keep its level over the window of some trial: there is no steady state
//   - other processes used more than 10 % of a CPU, the hypervisor took more than 5 %
//   - the peer used more than 90 % of a CPU: it may be the limit
//   - some slot finished no task, where m is at least 5 and slots served in random order would leave one empty in less
//     than a hundredth of such results: C e^-m over all repetitions. Not of an open load, whose slots may stay unused
//   - most over fewest tasks of a slot is above 1.5 and above what chance alone would explain (counts within 4 standard
//     deviations), where slots finished 25 or more on average
//   - cells of different windows or warm-ups side by side: the results of runs that were not the same
//   - what the records themselves warn of
std::vector<std::string> doubts(const Block& block);

// The sentences on what others took of the CPUs, where it is more than that: "12 %", "up to 35 %" of a CPU, beside the
// models that are named.
inline constexpr double most_by_others = 0.1;
inline constexpr double most_stolen = 0.05;
std::string others_used(std::string_view how_much, std::string_view who);
std::string hypervisor_took(std::string_view how_much, std::string_view who, bool kept_awake);

// Whether the rules on slots hold.
bool has_starved_slot(const Cell& cell);
bool is_unfair(const Cell& cell);

}  // namespace cbench
