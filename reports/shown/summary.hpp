// Everything that pictures and reports draw, computed once from the records: `cbench summary` writes it, `cbench plot`
// draws it in the terminal, and the Python package draws what was written (docs/summary.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/files/result_files.hpp"
#include "reports/findings/history.hpp"
#include "reports/findings/laws/block_laws.hpp"
#include "reports/findings/laws/load_curves.hpp"
#include "reports/findings/laws/scaling_series.hpp"
#include "reports/findings/ranking.hpp"
#include "reports/shown/palette.hpp"
#include "reports/shown/pictures.hpp"

namespace cbench {

// One table, with all that is known about it. Pointers in it point into `block`.
struct SummarisedBlock {
  Block block;
  std::vector<ScalingSeries> series;
  std::vector<Sweep> sweeps;
  std::vector<LoadCurve> load_curves;
  std::vector<Ranking> rankings;
  std::vector<CellHistory> histories;
  std::vector<Picture> pictures;

  SummarisedBlock() = default;
  SummarisedBlock(SummarisedBlock&&) = default;  // moves the cells' own storage along
  SummarisedBlock& operator=(SummarisedBlock&&) = default;
  SummarisedBlock(const SummarisedBlock&) = delete;
  SummarisedBlock& operator=(const SummarisedBlock&) = delete;
  ~SummarisedBlock() = default;
};

struct SummarisedHost {
  HostFacts facts;
  BuildFacts build;
  std::string name;
  std::vector<std::string> differences;
  std::size_t trials = 0;
  std::vector<SummarisedBlock> blocks;
  std::vector<Picture> pictures;  // over all blocks
};

struct Summary {
  std::vector<ResultFile> files;
  std::vector<SummarisedHost> hosts;
  std::vector<DrawnModel> models;

  const DrawnModel& model(const Cell& cell) const;
};

Summary summarise(const Results& results);

}  // namespace cbench
