// The pictures of a summary in characters, for `cbench plot`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/shown/line_chart.hpp"
#include "reports/shown/summary.hpp"

namespace cbench {

// Kinds that a terminal can show.
std::span<const PictureKind> chart_kinds();

// The picture with its title and what it was measured on, within a screen of 24 lines where its title is short. Empty
// for kinds that a terminal cannot show, and where a curve would go through less than three points: the table has
// those.
std::string chart_text(const Summary& summary, const SummarisedBlock& block, const Picture& picture,
                       const ChartOptions& options);

// Of every block, host by host: those of the load that most models ran under, or of one kind those of every load.
std::string charts_text(const Summary& summary, std::optional<PictureKind> kind, const ChartOptions& options);

}  // namespace cbench
