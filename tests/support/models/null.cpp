// Stamps tasks and does none of their steps: what the harness alone costs. Right for the workload `noop` only; with
// any other the digest tells.
#include "tests/support/models/stamping_worker.hpp"

namespace cbench {
namespace {

constexpr auto nothing = [](std::uint64_t) {};

}  // namespace

extern const ModelInfo null_model;
const ModelInfo null_model{
    .name = "null",
    .idiom = "none: start and finish at once, to test the harness itself",
    .library = "none",
    .unit = "threads",
    .cannot = "does no step of any kind",
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      return std::make_unique<StampingWorker<decltype(nothing)>>(environment, nothing);
    },
    .most_workers = 1,
};

}  // namespace cbench
