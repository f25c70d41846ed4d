#include "reports/findings/laws/scaling_series.hpp"

#include <algorithm>
#include <utility>

namespace cbench {
namespace {

ScalingSeries series_from(const Block& block, ScalingCurve curve, std::optional<ScalingFit> fit) {
  ScalingSeries series{.curve = std::move(curve), .cells = {}, .fit = std::move(fit)};
  const bool workers = series.over_workers();
  for (const Cell& cell : block.cells) {
    const std::uint32_t fixed = workers ? cell.spec.load.concurrency : cell.spec.workers;
    const bool belongs = cell.measured() && !cell.is_baseline() && cell.spec.load.kind != LoadKind::open &&
                         cell.label() == series.curve.label && fixed == series.curve.fixed;
    if (!belongs) continue;
    series.cells.push_back(&cell);
    if (workers && cell.spec.workers == 1) series.single_per_s = cell.throughput.mean;
  }
  std::ranges::stable_sort(series.cells, {}, [&](const Cell* cell) { return series.n_of(*cell); });
  return series;
}

double value_of(const Cell& cell, SweptBy by) {
  return by == SweptBy::rate ? cell.spec.load.rate_per_s : cell.spec.load.concurrency;
}

// Cells of one kind of load that differ in nothing but what is swept.
bool same_but(const TrialSpec& a, const TrialSpec& b) {
  const LoadSpec& x = a.load;
  const LoadSpec& y = b.load;
  const bool rest = x.kind == LoadKind::open    ? x.concurrency == y.concurrency && x.poisson == y.poisson
                    : x.kind == LoadKind::fixed ? x.tasks == y.tasks
                                                : true;
  return a.workers == b.workers && rest;
}

}  // namespace

double ScalingSeries::n_of(const Cell& cell) const {
  return over_workers() ? cell.spec.workers : cell.spec.load.concurrency;
}

std::vector<ScalingSeries> series_of(const Block& block, std::vector<FittedCurve> fits) {
  std::vector<ScalingSeries> series;
  series.reserve(fits.size());
  for (FittedCurve& fitted : fits) {
    series.push_back(series_from(block, std::move(fitted.curve), std::move(fitted.fit)));
  }
  for (ScalingCurve& curve : curves_over(block, ScalingAxis::workers)) {
    const bool is_there = std::ranges::any_of(series, [&](const ScalingSeries& known) {
      return known.over_workers() && known.curve.label == curve.label && known.curve.fixed == curve.fixed;
    });
    if (!is_there) series.push_back(series_from(block, std::move(curve), std::nullopt));
  }
  return series;
}

std::string_view name_of(SweptBy by) { return by == SweptBy::rate ? "rate_per_s" : "concurrency"; }

std::vector<Sweep> sweeps_of(const Block& block) {
  std::vector<Sweep> sweeps;
  for (const Cell& cell : block.cells) {
    if (!cell.measured() || cell.spec.unasked || !cell.knows_percentile(0.99)) continue;
    auto sweep = std::ranges::find_if(sweeps, [&](const Sweep& known) {
      return known.cells.front()->label() == cell.label() && same_but(known.cells.front()->spec, cell.spec);
    });
    const SweptBy by = cell.spec.load.kind == LoadKind::open ? SweptBy::rate : SweptBy::concurrency;
    if (sweep == sweeps.end()) sweep = sweeps.insert(sweep, {.by = by, .cells = {}});
    sweep->cells.push_back(&cell);
  }
  std::erase_if(sweeps, [](const Sweep& sweep) { return sweep.cells.size() < 2; });
  for (Sweep& sweep : sweeps) {
    std::ranges::stable_sort(sweep.cells, {}, [&](const Cell* cell) { return value_of(*cell, sweep.by); });
  }
  return sweeps;
}

}  // namespace cbench
