#include "reports/findings/laws/load_curves.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

double rate_of(const Cell* cell) { return cell->spec.load.rate_per_s; }

// How many slots there are follows from the rate where nobody says, and so may the times of a trial.
bool on_one_curve(const Cell& a, const Cell& b) {
  const LoadSpec& x = a.spec.load;
  const LoadSpec& y = b.spec.load;
  return a.label() == b.label() && a.spec.workers == b.spec.workers && x.poisson == y.poisson && x.shed == y.shed;
}

void find_knee(LoadCurve& curve) {
  std::vector<LoadPower> points;
  for (const Cell* cell : curve.cells) {
    if (!cell->measured()) continue;
    points.push_back(
        {.rate_per_s = rate_of(cell), .powers = cell->powers_per_s2, .kept_up = verdict_of(*cell) == LoadVerdict::ok});
  }
  curve.knee = knee_of(points);
}

}  // namespace

std::string_view name_of(LoadVerdict verdict) {
  switch (verdict) {
    case LoadVerdict::ok: return "ok";
    case LoadVerdict::overloaded: return "overloaded";
    case LoadVerdict::invalid: return "invalid";
    case LoadVerdict::failed: break;
  }
  return "failed";
}

LoadVerdict verdict_of(const Cell& cell) {
  if (cell.measured()) return cell.overloaded > 0 ? LoadVerdict::overloaded : LoadVerdict::ok;
  const auto invalid = [](const Failure& failure) { return failure.status == Status::invalid; };
  return std::ranges::all_of(cell.failures, invalid) ? LoadVerdict::invalid : LoadVerdict::failed;
}

std::string verdict_words(const Cell& cell) {
  const LoadVerdict verdict = verdict_of(cell);
  const std::string name(name_of(verdict));
  if (!cell.measured()) return name;
  const std::size_t times = verdict == LoadVerdict::overloaded ? cell.overloaded : cell.throughput.repetitions;
  return times == cell.trials() ? name : fmt::format("{} {}/{}", name, times, cell.trials());
}

std::vector<LoadCurve> load_curves_of(const Block& block) {
  std::vector<LoadCurve> curves;
  for (const Cell& cell : block.cells) {
    if (cell.spec.load.kind != LoadKind::open || cell.trials() == 0) continue;
    auto curve =
        std::ranges::find_if(curves, [&](const LoadCurve& known) { return on_one_curve(known.first(), cell); });
    if (curve == curves.end()) curve = curves.insert(curve, LoadCurve{});
    curve->cells.push_back(&cell);
  }
  std::erase_if(curves, [](const LoadCurve& curve) {
    const auto measured = std::ranges::count_if(curve.cells, &Cell::measured);
    return static_cast<std::size_t>(measured) < fewest_rates_of_a_curve;
  });
  for (LoadCurve& curve : curves) {
    std::ranges::stable_sort(curve.cells, {}, rate_of);
    find_knee(curve);
  }
  return curves;
}

double power_of(const Cell& cell) {
  const std::vector<double>& powers = cell.powers_per_s2;
  if (powers.empty()) return 0;
  return std::accumulate(powers.begin(), powers.end(), 0.0) / static_cast<double>(powers.size());
}

std::string place_of(const Knee& knee) {
  const std::string high = human_number(knee.high_per_s);
  if (knee.low_per_s > 0) return fmt::format("between {} and {}/s", human_number(knee.low_per_s), high);
  return fmt::format("below {}/s", high);
}

std::string knee_words(const LoadCurve& curve) {
  if (const auto& knee = curve.knee) {
    return fmt::format("the knee lies {} (power, throughput over mean response time, is greatest at {}/s)",
                       place_of(*knee), human_number(knee->at_per_s));
  }
  const Cell* last = nullptr;
  const Cell* lowest = nullptr;  // that overloads; none where a rate does not
  bool all_overload = true;
  for (const Cell* cell : curve.cells) {
    if (!cell->measured()) continue;
    last = cell;
    if (lowest == nullptr) lowest = cell;
    all_overload = all_overload && verdict_of(*cell) == LoadVerdict::overloaded;
  }
  if (all_overload && lowest != nullptr) {
    return fmt::format("no rate was kept up with: the knee lies below {}/s, the lowest that was measured",
                       human_number(rate_of(lowest)));
  }
  return fmt::format("no knee is to be seen: power may still grow at {}, the highest rate that was measured",
                     human_number(rate_of(last)) + "/s");
}

}  // namespace cbench
