// CPU-bound work: one kernel, no waiting. Its speedup is what the cores and the scheduler allow.
#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr Parameter parameters[] = {
    {.name = "kernel", .unit = Unit::kernel, .fallback = "primes", .summary = "primes, mix or memory"},
    {.name = "amount",
     .unit = Unit::count,
     .fallback = "20000",
     .summary = "of the kernel's work in a task",
     .most = 4'000'000'000},
};

}  // namespace

extern const WorkloadInfo cpu_workload;
const WorkloadInfo cpu_workload{
    .name = "cpu",
    .summary = "a compute kernel: bound by the cores",
    .parameters = parameters,
    .concurrency = 64,
    .draw =
        [](const Draw& draw) {
          const Parameters& given = draw.parameters;
          return one_kind(compute(given.kernel("kernel"), given.count("amount")));
        },
};

}  // namespace cbench
