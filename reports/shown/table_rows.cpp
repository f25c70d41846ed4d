#include "reports/shown/table_rows.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace cbench {
namespace {

// The ranking of the load that decides: each cell that stands for its model there.
struct RankedCells {
  std::map<const Cell*, TableRow> rows;
  bool has_tiers = false;
};

RankedCells ranked_cells(std::span<const Ranking> rankings) {
  RankedCells out;
  const bool any_primary =
      std::ranges::any_of(rankings, [](const Ranking& r) { return r.best_workers && r.is_primary(); });
  for (const Ranking& ranking : rankings) {
    if (!ranking.best_workers || (any_primary && !ranking.is_primary())) continue;
    for (const auto& [cell, place] : ranking.models) {
      const bool sure = place.tier == 1 ? ranking.knows_leaders() : place.sure && place.is_close;
      out.rows.emplace(cell, TableRow{.cell = cell, .tier = place.tier, .sure = sure});
    }
    out.has_tiers = out.has_tiers || ranking.models.size() > 1;
  }
  return out;
}

}  // namespace

std::string TableRow::tier_text() const { return tier == 0 ? "" : fmt::format("{}{}", tier, sure ? "" : "?"); }

std::vector<const Cell*> TableRows::cells() const {
  std::vector<const Cell*> out;
  for (const TableRow& row : models) out.push_back(row.cell);
  for (const TableRow& row : baselines) out.push_back(row.cell);
  return out;
}

TableRows rows_of(const Block& block, std::span<const Ranking> rankings, bool all) {
  TableRows rows;
  const RankedCells ranked = ranked_cells(rankings);
  rows.has_tiers = ranked.has_tiers;
  std::set<std::string> labels;
  std::set<std::string> ranked_labels;
  for (const Cell& cell : block.cells) {
    if (!cell.is_baseline()) labels.insert(cell.label());
    if (ranked.rows.contains(&cell)) ranked_labels.insert(cell.label());
  }
  const bool only_best = !all && labels.size() >= many_models;
  for (const Cell& cell : block.cells) {
    const auto place = ranked.rows.find(&cell);
    const bool has_tier = place != ranked.rows.end() && ranked.has_tiers;
    const TableRow row = has_tier ? place->second : TableRow{.cell = &cell};
    if (cell.is_baseline()) {
      rows.baselines.push_back(row);
      continue;
    }
    const bool stands_for_itself = place != ranked.rows.end() || !cell.failures.empty() || !cell.measured() ||
                                   !ranked_labels.contains(cell.label());
    if (only_best && !stands_for_itself) {
      ++rows.hidden;
    } else {
      rows.models.push_back(row);
    }
  }
  return rows;
}

}  // namespace cbench
