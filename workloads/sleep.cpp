// Waiting alone, without sockets: how many tasks a model can keep asleep and how precisely it wakes them.
#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr Parameter parameters[] = {
    {.name = "delay", .unit = Unit::duration, .fallback = "10ms", .summary = "how long a task sleeps"},
};

}  // namespace

extern const WorkloadInfo sleep_workload;
const WorkloadInfo sleep_workload{
    .name = "sleep",
    .summary = "a timer: how many waiting tasks a model can hold",
    .parameters = parameters,
    .concurrency = 1000,
    .draw = [](const Draw& draw) { return one_kind(wait(draw.parameters.duration("delay"))); },
};

}  // namespace cbench
