// What a model makes of more workers, or of more tasks in flight: points with their cells, beside the laws that were
// fitted to them, in throughput and in speedup, ready to be drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/findings/laws/block_laws.hpp"

namespace cbench {

struct ScalingSeries {
  ScalingCurve curve;
  std::vector<const Cell*> cells;  // by increasing count
  std::optional<ScalingFit> fit;   // none where no law has a say
  double single_per_s = 0;         // with one worker; 0: that was not measured, or the axis is tasks in flight

  double n_of(const Cell& cell) const;
  bool over_workers() const { return curve.options.axis == ScalingAxis::workers; }
};

// The fits of the block's curves, and besides every model over workers for which there is none: work that waits is
// bounded by the tasks in flight and follows no law of workers, but what workers bring may be asked.
std::vector<ScalingSeries> series_of(const Block& block, std::vector<FittedCurve> fits);

// One model's cells by increasing load: latency against throughput.
enum class SweptBy : std::uint8_t { concurrency, rate };
std::string_view name_of(SweptBy by);  // "concurrency", "rate_per_s"

struct Sweep {
  SweptBy by = SweptBy::concurrency;
  std::vector<const Cell*> cells;  // two or more of one label and number of workers
};

std::vector<Sweep> sweeps_of(const Block& block);

}  // namespace cbench
