// Response times by class of task, below the rows of a block: models beside each other on the light tasks, and on the
// heavy ones.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"

namespace cbench {

// Whether tasks of the block are of several kinds: percentiles over all of them must then say so.
bool has_classes(const Block& block);

// A row for each of these cells, and columns for each class, as many classes side by side as `width` has room for.
// Empty where tasks are of one kind.
std::string class_table(const std::vector<const Cell*>& shown, std::size_t width, bool colour);

}  // namespace cbench
