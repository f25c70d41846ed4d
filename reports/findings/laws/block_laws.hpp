// The scaling laws of a table's cells: fitted once, for its sentences and for what is drawn.
#pragma once

#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/findings/laws/scaling_curves.hpp"

namespace cbench {

struct FittedCurve {
  ScalingCurve curve;
  ScalingFit fit;
};

// Of each curve of the block (reports/findings/laws/scaling_curves.hpp says what those are).
std::vector<FittedCurve> fits_of_block(const Block& block);

// Fills in block.laws: the finding for each of them that has more than two worker counts; that no law can be identified
// stands there once, with the models that it is about. `cbench fit` says all.
void add_laws(Block& block, const std::vector<FittedCurve>& fits);
void add_laws(Block& block);

}  // namespace cbench
