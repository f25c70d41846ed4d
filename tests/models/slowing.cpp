// A model whose tasks cost more and more: a throughput without a steady state, as a leak or a growing list makes it.
#include "tests/models/stamping_worker.hpp"
#include "workloads/kernels.hpp"

namespace cbench {
namespace {

constexpr auto ever_slower = [](std::uint64_t number) { run_kernel(Kernel::mix, number / 100); };

}  // namespace

extern const ModelInfo slowing_model;
const ModelInfo slowing_model{
    .name = "slowing",
    .idiom = "none: takes longer for each task than for the one before",
    .library = "none",
    .unit = "threads",
    .cannot = "does no step of any kind",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<StampingWorker<decltype(ever_slower)>>(environment, ever_slower);
    },
    .most_workers = 1,
};

}  // namespace cbench
