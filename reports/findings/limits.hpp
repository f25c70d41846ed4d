// What limited a result, in a sentence or two, and what a reader should doubt: from the numbers of the cells, by rules
// that are written down here and nowhere else.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/findings/cells.hpp"

namespace cbench {

// What kept a cell's throughput from being higher. X throughput, n workers, C tasks in flight, R response and S service
// time (means), U the CPUs that the trial used, D the demands; the first rule that holds decides:
//
//   delay     X is at least 90 % of the ideal, and C over the time of one task alone is: all C tasks are waiting
//   work      X is at least 90 % of the ideal, and n / D_cpu is: the workers do nothing but the tasks' own work
//   offered   open load, and X is at least 98 % of the rate: the model keeps up, its limit was not reached
//   blocked   n < C, D_wait > D_cpu, and X S (the tasks in service, by Little's law) is within 15 % of n: each worker
//             is held by one task while that waits
//   cpus      the trial and the peer use 80 % of the CPUs that the process is allowed, or the trial's own threads use
//             80 % of n: there is no CPU left
//   disturbed they would with what other processes and the hypervisor took: nothing can be said
//   serial    n > 1, D_cpu > D_wait, and U is between 0.85 and 1.15: one thing at a time, in spite of n workers
//   waiting   otherwise: CPUs idle although tasks wait; the model's own scheduling, or sleeping and waking up
//   unknown   nothing was measured, or the demands are not known and no rule holds that does without
enum class Limit : std::uint8_t { delay, work, offered, blocked, cpus, disturbed, serial, waiting, unknown };
Limit limit_of(const Cell& cell);

// Sentences on what limited the models of a block, each at its best; models with the same limit share one.
std::vector<std::string> verdict(const Block& block);

// Sentences on what makes the numbers doubtful:
//   - one repetition alone, or a throughput interval wider than +-10 %
//   - throughput did not keep its level over the window of some trial: there is no steady state
//   - other processes used more than 10 % of a CPU, the hypervisor took more than 5 %
//   - the peer used more than 90 % of a CPU: it may be the limit
//   - slots were served unequally: where each finished 25 tasks or more on average, some slot finished none, or most
//     over fewest is above 1.5 and above what chance alone would explain (counts within 4 standard deviations)
//   - what the records themselves warn of
std::vector<std::string> doubts(const Block& block);

}  // namespace cbench
