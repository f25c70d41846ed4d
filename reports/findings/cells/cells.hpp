// Records gathered into cells: the repetitions of one model under one load, summed up. Tables, laws and comparisons all
// start from here.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "record/trials.hpp"
#include "reports/findings/cells/cell.hpp"

namespace cbench {

// The cells of one workload, with the same parameters, under one kind of load, of tasks that arrive in one way: what
// may stand in one table.
struct Block {
  std::vector<Cell> cells;
  std::vector<std::string> laws;        // sentences on scaling, from who fits them
  std::vector<std::string> shortfalls;  // on what was asked for and not reached, from who knows that
};

// Blocks in the order of their workloads' names. Within a block `sequential` comes first, then the models from the
// best to the worst at their best (by throughput; by p99 response time under open load), and each model's cells by
// tasks in flight, rate and workers. Models of which nothing was measured come last.
std::vector<Block> blocks_of(const Trials& trials);
std::vector<Block> blocks_of(std::span<const TrialRecord> records);

}  // namespace cbench
