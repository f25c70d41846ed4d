// A cell as JSON: the numbers of one model under one load, as docs/summary.md describes them.
#pragma once

#include <cstddef>

#include <nlohmann/json_fwd.hpp>

#include "reports/findings/cells/cell.hpp"

namespace cbench {

struct CellPlace {
  std::size_t id = 0;
  std::size_t block = 0;
  std::size_t host = 0;
};

// What is not known is null.
nlohmann::ordered_json cell_to_json(const Cell& cell, const CellPlace& place);

// null of 0, which stands for what is not known, and of what JSON has no number for.
nlohmann::ordered_json number_or_null(double value);

}  // namespace cbench
