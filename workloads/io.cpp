// I/O-bound work: one request to the peer over a real socket, answered after a delay.
#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr Parameter parameters[] = {
    {.name = "delay", .unit = Unit::duration, .fallback = "20ms", .summary = "how long the peer takes to answer"},
    {.name = "bytes",
     .unit = Unit::bytes,
     .fallback = "64",
     .summary = "payload of a request and of its reply",
     .most = max_request_bytes},
};

}  // namespace

extern const WorkloadInfo io_workload;
const WorkloadInfo io_workload{
    .name = "io",
    .summary = "a request over TCP, answered after a delay: bound by waiting",
    .parameters = parameters,
    .concurrency = 1000,
    .draw =
        [](const Draw& draw) {
          const Parameters& given = draw.parameters;
          return one_kind(request(given.bytes("bytes"), given.duration("delay")));
        },
};

}  // namespace cbench
