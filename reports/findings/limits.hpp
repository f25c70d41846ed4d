// What limited a result, in a sentence or two: from the numbers of the cells, by rules that are written down here and
// nowhere else. What is to be doubted is said in doubts.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

// What kept a cell's throughput from being higher. X throughput, n workers, C tasks in flight, R response and S service
// time (means), U the CPUs that the trial used, D the demands; the first rule that holds decides.
// Where repetitions tell how sure a number is, a rule asks that, too: of 91 % +- 49 % nothing follows.
//
//   lock      X is at least 90 % of the ideal, its interval not below 80 %, and one over the time that a task holds a
//             lock is the ideal: one task after the other
//   delay     the same, and C over the time of one task alone is the ideal: all C tasks are waiting
//   work      the same, and n / D_cpu is the ideal: the workers do nothing but the tasks' own work
//   offered   open load, and X is at least 98 % of what was offered, in no repetition below 95 %: the model keeps up,
//             its limit was not reached
//   blocked   n < C, D_wait > D_cpu, and X S (the tasks in service, by Little's law) is within 15 % of n, X known to
//             within 15 %: each worker is held by one task while that waits
//   cpus      the trial and the peer use 80 % of the CPUs that the process is allowed, or the trial's own threads use
//             80 % of n, and 70 % in each repetition: there is no CPU left
//   disturbed they would with what other processes and the hypervisor took, 10 % of a CPU or more: nothing can be said
//   serial    n > 1, D_cpu > D_wait, X surely below 90 % of the ideal, and U is between 0.85 and 1.15, in each
//             repetition between 0.75 and 1.25: one thing at a time, in spite of n workers
//   waiting   X is surely below 90 % of the ideal: CPUs idle although tasks wait; the model's own scheduling, or
//             sleeping and waking up
//   unknown   otherwise: nothing was measured, the demands are not known, or intervals or single repetitions leave it
//             open
enum class Limit : std::uint8_t { lock, delay, work, offered, blocked, cpus, disturbed, serial, waiting, unknown };
Limit limit_of(const Cell& cell);

// Whether the model did what an open load asked, so that its throughput is what was offered and tells nothing of it.
bool keeps_up(const Cell& cell);

// By Little's law: throughput times mean service time.
double tasks_in_service(const Cell& cell);

// Sentences on what limited the models of a block, each at its best; models with the same limit share one.
std::vector<std::string> limit_sentences(const Block& block);

}  // namespace cbench
