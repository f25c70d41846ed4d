// Which cells of a block have a row in its table, in which order, and which tier each is in.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/findings/ranking.hpp"

namespace cbench {

struct TableRow {
  const Cell* cell = nullptr;
  int tier = 0;      // from 1, among the models under its load; 0: it is not ranked, or another worker count of it is
  bool sure = true;  // of the tier

  bool leads() const { return tier == 1 && sure; }
  std::string tier_text() const;  // "1", "2?"; empty where it is not ranked
};

struct TableRows {
  std::vector<TableRow> models;
  std::vector<TableRow> baselines;  // set apart: what is done one task at a time is no rival of the others
  std::size_t hidden = 0;           // cells that have no row
  bool has_tiers = false;           // two models or more are ranked under some load

  std::vector<const Cell*> cells() const;  // of the models, then of the baselines
};

inline constexpr std::size_t many_models = 3;

// Of `many_models` or more each has one row for each load, with the workers that serve it best, unless `all` are asked
// for. What failed has a row in any case. They point into the block.
TableRows rows_of(const Block& block, std::span<const Ranking> rankings, bool all);

}  // namespace cbench
