// A model whose tasks cost more and more, twice as much every two thousand: a throughput without a steady state, as a
// leak or a growing list makes it. It falls as 1 / t, whatever the machine.
#include <algorithm>
#include <cmath>

#include "tests/support/models/stamping_worker.hpp"
#include "workloads/kernels.hpp"

namespace cbench {
namespace {

constexpr double tasks_to_double = 2000;
constexpr double most_rounds = 1e6;

constexpr auto ever_slower = [](std::uint64_t number) {
  const double rounds = std::exp2(static_cast<double>(number) / tasks_to_double);
  run_kernel(Kernel::mix, static_cast<std::uint64_t>(std::min(rounds, most_rounds)));
};

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
