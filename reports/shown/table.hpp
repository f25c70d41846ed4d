// Results on a terminal: a block a workload, a row a cell, and under it what limited the result.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "reports/findings/cells.hpp"

namespace cbench {

struct TableOptions {
  std::size_t width = 100;  // of the terminal; the least important columns go first, and no row is ever wrapped
  bool colour = false;      // ANSI escapes
};

// The line above a block: "io: bytes=64, delay=20ms · closed loop, 1,000 in flight, 2 s x 3". The block is not empty.
std::string heading_text(const Block& block);
std::string work_text(const Block& block);  // the part of it that says what the tasks do

// Every block with its heading, its rows, failures included, what limited it, its laws and its doubts.
std::string render_table(std::span<const Block> blocks, const TableOptions& options = {});

}  // namespace cbench
