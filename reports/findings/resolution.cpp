#include "reports/findings/resolution.hpp"

namespace cbench {

double throughput_step_per_s(const LoadSpec& load, double window_s, double throughput_per_s) {
  if (load.kind == LoadKind::fixed || window_s <= 0) return 0;
  if (load.kind == LoadKind::closed && load.concurrency == 1) return time_resolution * throughput_per_s;
  return 1 / window_s;
}

}  // namespace cbench
