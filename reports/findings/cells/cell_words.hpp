// How sentences name cells and the range of what they measured.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "reports/findings/cells/cells.hpp"
#include "text/human.hpp"

namespace cbench {

using Cells = std::vector<const Cell*>;

inline std::string names(const Cells& cells) {
  std::vector<std::string> out;
  for (const Cell* cell : cells) out.push_back(cell->label());
  return human_list(out);
}

// "98 %", or "91 % to 98 %" where the cells differ.
template <class Get, class Show>
std::string range(const Cells& cells, Get get, Show show) {
  std::vector<double> values;
  for (const Cell* cell : cells) values.push_back(get(*cell));
  const auto [least, most] = std::ranges::minmax(values);
  const std::string low = show(least);
  const std::string high = show(most);
  return low == high ? low : fmt::format("{} to {}", low, high);
}

// Likewise, "fibers on 2 workers" of a model that the block has on other numbers of workers, too: not all of its cells
// are meant.
std::string names_with_workers(const Block& block, const Cells& cells);

// "failed 1 of 5 trials (killed by signal 11)", with the first reason; empty where none failed. What somebody
// interrupted did not fail.
std::string words_on_failed(const Cell& cell);

}  // namespace cbench
