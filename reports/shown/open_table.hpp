// What a table of an open loop shows: what was offered and what was served, how long that took from when it was due,
// and whether the model kept up.
#pragma once

#include <string>
#include <vector>

#include "reports/findings/cells.hpp"
#include "text/grid.hpp"

namespace cbench {

bool is_open(const Block& block);

// The columns, with a text for every cell; the one before which failures are said is called "served/s".
std::vector<GridColumn> open_columns(const Block& block);

// Which models could not keep up with what, and what became of the tasks: a sentence each.
std::vector<std::string> overload_sentences(const Block& block);

// What readers of such a table should know of its words.
std::string open_legend(const Block& block);

}  // namespace cbench
