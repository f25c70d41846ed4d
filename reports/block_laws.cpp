#include "reports/block_laws.hpp"

#include <fmt/format.h>

#include "reports/scaling_curves.hpp"

namespace cbench {

void add_laws(Block& block) {
  for (const ScalingCurve& curve : curves_of(block)) {
    const ScalingFit fit = fit_scaling(curve.points, curve.options);
    if (!fit.verdict.empty()) block.laws.push_back(fmt::format("{}: {}", curve.label, fit.verdict.front()));
  }
}

}  // namespace cbench
