// The scaling laws of a table's cells, as sentences.
#pragma once

#include "reports/cells.hpp"

namespace cbench {

// Fills in block.laws: the finding for each curve of the block (reports/scaling_curves.hpp says what those are).
void add_laws(Block& block);

}  // namespace cbench
