#include "reports/findings/laws/scaling_curves.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace cbench {
namespace {

// Cells of one curve, in the order of the block.
struct CurveCells {
  std::string label;
  std::uint32_t fixed = 0;
  std::vector<const Cell*> cells;
};

std::uint32_t count_of(const Cell& cell, ScalingAxis axis) {
  return axis == ScalingAxis::workers ? cell.spec.workers : cell.spec.load.concurrency;
}

std::vector<CurveCells> gathered(const Block& block, ScalingAxis axis) {
  std::vector<CurveCells> curves;
  for (const Cell& cell : block.cells) {
    // What an open load brings is what was offered, however many workers there are.
    if (!cell.measured() || cell.is_baseline() || cell.spec.load.kind == LoadKind::open) continue;
    const std::uint32_t fixed = axis == ScalingAxis::workers ? cell.spec.load.concurrency : cell.spec.workers;
    auto curve = std::ranges::find_if(
        curves, [&](const CurveCells& known) { return known.label == cell.label() && known.fixed == fixed; });
    if (curve == curves.end()) curve = curves.insert(curves.end(), {cell.label(), fixed, {}});
    curve->cells.push_back(&cell);
  }
  std::erase_if(curves, [&](const CurveCells& curve) {
    std::set<std::uint32_t> counts;
    for (const Cell* cell : curve.cells) counts.insert(count_of(*cell, axis));
    return counts.size() < 2;
  });
  return curves;
}

// Most of a task is waiting; where the demands are not known, the CPUs stay idle.
bool waits(const CurveCells& curve) {
  return std::ranges::all_of(curve.cells, [](const Cell* cell) {
    if (cell->demand_cpu_us + cell->demand_wait_us > 0) return cell->demand_wait_us > cell->demand_cpu_us;
    const double usable = cell->cpus > 0 ? std::min<double>(cell->cpus, cell->spec.workers) : cell->spec.workers;
    return cell->cpu_share > 0 && cell->cpu_share < usable / 2;
  });
}

// Of a curve over workers: whether they bring more than tasks in flight alone could.
bool workers_matter(const CurveCells& curve) {
  const auto mean = [](const Cell* cell) { return cell->throughput.mean; };
  const auto [fewest, most] = std::ranges::minmax(curve.cells, {}, [](const Cell* cell) { return cell->spec.workers; });
  const Cell* best = *std::ranges::max_element(curve.cells, {}, mean);
  const double alone_us = best->demand_cpu_us + best->demand_wait_us;  // its own path may be cut for its workers
  const double bound = alone_us > 0 ? slots_in_use(best->spec.load) / alone_us * 1e6 : 0;
  return fewest != most && mean(best) > 1.1 * std::max(mean(fewest), bound);
}

ScalingCurve curve_of(const Block& block, const CurveCells& from, ScalingAxis axis) {
  ScalingCurve curve{
      .label = from.label, .workload = "", .parameters = {}, .fixed = from.fixed, .points = {}, .options = {}};
  curve.options.axis = axis;
  const TrialSpec& spec = block.cells.front().spec;
  curve.workload = spec.workload;
  curve.parameters = spec.parameters;
  curve.options.fixed_time = axis == ScalingAxis::workers && spec.load.kind == LoadKind::closed;
  const bool cpu_bound = !waits(from);
  for (const Cell* cell : from.cells) {
    const bool beyond = axis == ScalingAxis::workers && cpu_bound && cell->cpus > 0 && cell->spec.workers > cell->cpus;
    for (const double throughput : cell->throughputs_per_s) {
      curve.points.push_back(
          {.n = static_cast<double>(count_of(*cell, axis)), .throughput_per_s = throughput, .beyond_cpus = beyond});
    }
    if (axis == ScalingAxis::tasks_in_flight) {
      curve.options.residence_s = std::max(curve.options.residence_s, cell->demand_path_us / 1e6);
    }
  }
  return curve;
}

}  // namespace

std::vector<ScalingCurve> curves_of(const Block& block) {
  std::vector<ScalingCurve> curves;
  for (const CurveCells& curve : gathered(block, ScalingAxis::workers)) {
    if (!waits(curve) || workers_matter(curve)) curves.push_back(curve_of(block, curve, ScalingAxis::workers));
  }
  for (const CurveCells& curve : gathered(block, ScalingAxis::tasks_in_flight)) {
    if (waits(curve)) curves.push_back(curve_of(block, curve, ScalingAxis::tasks_in_flight));
  }
  return curves;
}

std::vector<ScalingCurve> curves_over(const Block& block, ScalingAxis axis) {
  std::vector<ScalingCurve> curves;
  for (const CurveCells& curve : gathered(block, axis)) curves.push_back(curve_of(block, curve, axis));
  return curves;
}

}  // namespace cbench
