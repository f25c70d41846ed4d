// What the points of a sweep show, once every law was fitted to them: whether throughput is superlinear, capped or
// falling, which law describes it, and whether any does.
#pragma once

#include "reports/stats/scaling_fit.hpp"
#include "reports/stats/scaling_sample.hpp"

namespace cbench {

// Fills in the noise, how well each law describes the points, the finding, and which law is chosen, closest and rival.
// With `fixed_time` Gustafson's law may be chosen too.
void find_what_they_show(ScalingFit& fit, const ScalingSample& sample, bool fixed_time);

}  // namespace cbench
