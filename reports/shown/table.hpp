// Results on a terminal: a block a workload, the answer over it, a row a cell, and under it what limited the result.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

struct TableOptions {
  std::size_t width = 100;           // of the terminal; no row is ever wrapped
  bool colour = false;               // ANSI escapes
  bool all_rows = false;             // every worker count of many models, not the best of each alone
  bool says_verdict = true;          // over the table, and what limited the models under it; else who shows it does
  std::vector<std::string> columns;  // table_columns.hpp has their names; asked for, they stand however wide that is.
                                     // Empty: as many as fit, the most important ones
};

// Every block with its heading, its verdict, its rows, failures included, what limited it, its laws and its doubts.
std::string render_table(std::span<const Block> blocks, const TableOptions& options = {});

}  // namespace cbench
