#include "reports/block_laws.hpp"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cbench {

std::vector<FittedCurve> fits_of_block(const Block& block) {
  std::vector<FittedCurve> fits;
  for (ScalingCurve& curve : curves_of(block)) {
    ScalingFit fit = fit_scaling(curve.points, curve.options);
    fits.push_back({std::move(curve), std::move(fit)});
  }
  return fits;
}

void add_laws(Block& block, const std::vector<FittedCurve>& fits) {
  // Of many models with two worker counts each, one sentence: no law can be fitted to any of them.
  std::map<double, std::vector<const FittedCurve*>> without_law;
  for (const FittedCurve& fitted : fits) {
    if (const auto found = only_karp_flatt(fitted.fit)) without_law[found->n].push_back(&fitted);
  }
  for (const auto& fitted : fits) {
    const auto found = only_karp_flatt(fitted.fit);
    if (found && without_law[found->n].size() > 1) continue;
    if (!fitted.fit.verdict.empty()) {
      block.laws.push_back(fmt::format("{}: {}", fitted.curve.label, fitted.fit.verdict.front()));
    }
  }
  for (const auto& [n, curves] : without_law) {
    if (curves.size() < 2) continue;
    std::vector<std::string> fractions;
    for (const FittedCurve* fitted : curves) {
      fractions.push_back(fmt::format("{} {}", fitted->curve.label, only_karp_flatt(fitted->fit)->text));
    }
    block.laws.push_back(
        fmt::format("Two worker counts identify no law. The serial fraction between them, Karp-Flatt e({:g}): {}.", n,
                    fmt::join(fractions, "; ")));
  }
}

void add_laws(Block& block) { add_laws(block, fits_of_block(block)); }

}  // namespace cbench
