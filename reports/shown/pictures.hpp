// What of a block is worth drawing, and what each picture shows, in a sentence: chosen and said here, drawn in the
// terminal (reports/shown/charts.hpp) and by the Python package.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/findings/history.hpp"
#include "reports/findings/laws/load_curves.hpp"
#include "reports/findings/laws/scaling_series.hpp"
#include "reports/findings/ranking.hpp"
#include "reports/shown/title_parts.hpp"

namespace cbench {

enum class PictureKind : std::uint8_t {
  throughput,  // bars with intervals
  speedup,     // over workers, with the laws
  latency,     // the spectrum of response times
  split,       // queueing against service time
  load,        // latency against throughput
  curve,       // response time against the offered rate of open loops, with the knee
  cost,        // CPU, context switches and memory
  efficiency,  // models x workloads
  history,     // throughput from run to run
};
std::string_view name_of(PictureKind kind);

struct Picture {
  PictureKind kind = PictureKind::throughput;
  bool main = false;  // of the load that most models ran under; the others show the same of another load
  std::string title;  // the finding
  std::vector<std::string> text;
  std::vector<const Cell*> cells;  // in the order in which they are drawn
  TitleParts parts;                // to put a title together for some of the models
};

// Whether the picture's percentiles are medians over repetitions, for want of histograms; what to say then.
bool is_of_medians(const Picture& picture);
inline constexpr std::string_view medians_sentence =
    "Percentiles are medians over repetitions, for want of histograms.";

// Those that the block has enough of, load by load.
std::vector<Picture> pictures_of(const Block& block, std::span<const Ranking> rankings,
                                 std::span<const ScalingSeries> series, std::span<const Sweep> sweeps,
                                 std::span<const LoadCurve> curves);

// Of the models with their best workers under the main load, where several runs measured them.
std::optional<Picture> picture_over_time(std::span<const Ranking> rankings, std::span<const CellHistory> histories);

// Those over all blocks of a host.
std::vector<Picture> pictures_over(std::span<const Block* const> blocks);

}  // namespace cbench
