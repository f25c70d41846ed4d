// Titles of pictures, as parts of a sentence for each model: a page that hides models puts a title together again from
// the parts of those that are left, and computes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "reports/findings/cells/cell.hpp"
#include "reports/findings/history.hpp"
#include "reports/findings/laws/load_curves.hpp"
#include "reports/findings/laws/scaling_series.hpp"
#include "reports/findings/ranking.hpp"

namespace cbench {

// A title is `first` of the first model that is shown, and `last` of the last where that is another.
struct TitlePart {
  std::string label;
  std::string first;
  std::string last;
  std::uint32_t workers = 0;  // of a speedup: on how many
  int tier = 0;               // above 0: the models are ranked, and `first` is the value that ranks this one
};

// Parts of each model once, in the order in which a title speaks of them; empty of no cells.
using TitleParts = std::vector<TitlePart>;

// Not of ranked models, whose verdict (reports/findings/verdict.hpp) is a title of its own.
std::string title_of(const TitleParts& parts);

TitleParts ranked_parts(const Ranking& ranking);
// Who queues for the largest share of the response time comes first.
TitleParts split_parts(std::vector<const Cell*> cells);
// The cheapest first.
TitleParts cost_parts(std::vector<const Cell*> cells);
// Cells on one number of workers; who gains most comes first.
TitleParts speedup_parts(std::vector<const Cell*> cells);
// Sweeps on one number of workers; who reaches most comes first.
TitleParts load_parts(std::vector<const Sweep*> sweeps);
// Of the same number of workers; whose knee lies at the highest rate comes first, who has none that is seen last.
TitleParts curve_parts(std::vector<const LoadCurve*> curves);
// Whose throughput changed most from the first run to the last comes first.
TitleParts history_parts(std::vector<const CellHistory*> histories);
// Cells of models at their best on each workload, of which there are `columns`. Who comes closest to the ideal of all
// of them comes first; who did not run on all comes last.
TitleParts efficiency_parts(std::span<const Cell* const> cells, std::size_t columns);

}  // namespace cbench
