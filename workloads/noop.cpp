// The empty task: what is left is what the model itself costs.
#include "workloads/workload.hpp"

namespace cbench {

extern const WorkloadInfo noop_workload;
const WorkloadInfo noop_workload{
    .name = "noop",
    .summary = "an empty task: what the model itself costs",
    .concurrency = 64,
    .draw = [](const Draw&) { return one_kind({}); },
};

}  // namespace cbench
