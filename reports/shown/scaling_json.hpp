// A fit as JSON: what `cbench fit --json` prints and plots are drawn from. Numbers that there are none of are null.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "reports/stats/scaling_laws.hpp"

namespace cbench {

// {"amdahl": {"serial_fraction", "gamma", "interval", ...}, "usl": {"alpha", "beta", "gamma", "peak", ...},
// "gustafson", "saturation", "capped_amdahl"} over workers, {"little", "saturation", "usl"} over tasks in flight;
// beside them the rows, the finding, the choice and the sentences. A law that was not fitted has null numbers and
// `why_not`.
nlohmann::ordered_json fit_to_json(const ScalingFit& fit);

}  // namespace cbench
