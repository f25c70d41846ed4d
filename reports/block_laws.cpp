#include "reports/block_laws.hpp"

#include <utility>

#include <fmt/format.h>

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
  for (const auto& [curve, fit] : fits) {
    if (!fit.verdict.empty()) block.laws.push_back(fmt::format("{}: {}", curve.label, fit.verdict.front()));
  }
}

void add_laws(Block& block) { add_laws(block, fits_of_block(block)); }

}  // namespace cbench
