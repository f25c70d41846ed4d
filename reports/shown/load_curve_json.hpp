// Curves of response time against load as JSON, for the summary (docs/summary.md) and for `cbench curve`
// (docs/curve.md).
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "reports/findings/laws/load_curves.hpp"

namespace cbench {

// What came of one rate; what is not known is null.
nlohmann::ordered_json load_point_json(const Cell& cell);

// null where none is to be seen.
nlohmann::ordered_json knee_json(const LoadCurve& curve);

}  // namespace cbench
