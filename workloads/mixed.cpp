// What a service does: ask, compute, ask again. A share of the tasks can compute much more than the rest, which shows
// whom a long computation holds up.
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "text/quantity.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr std::uint32_t tasks_drawn = 1000;  // of which a whole number is heavy

constexpr Parameter parameters[] = {
    {.name = "delay",
     .unit = Unit::duration,
     .fallback = "5ms",
     .summary = "how long the peer takes to answer each request"},
    {.name = "bytes",
     .unit = Unit::bytes,
     .fallback = "64",
     .summary = "payload of a request and of its reply",
     .most = max_request_bytes},
    {.name = "kernel", .unit = Unit::kernel, .fallback = "primes", .summary = "primes, mix or memory"},
    {.name = "amount",
     .unit = Unit::count,
     .fallback = "2000",
     .summary = "of the kernel's work between the requests",
     .most = 4'000'000'000},
    {.name = "heavy",
     .unit = Unit::fraction,
     .fallback = "0",
     .summary = "share of tasks that compute heavy-amount instead, in steps of 0.1%"},
    {.name = "heavy-amount",
     .unit = Unit::count,
     .fallback = "100000",
     .summary = "of the kernel's work in such a task",
     .most = 4'000'000'000},
};

std::vector<TaskKind> draw_kinds(const Draw& draw) {
  const Parameters& given = draw.parameters;
  const auto task = [&](std::string_view amount) {
    const Steps ask = request(given.bytes("bytes"), given.duration("delay"));
    return sequence({ask, compute(given.kernel("kernel"), given.count(amount)), ask});
  };
  const double wanted = given.fraction("heavy") * tasks_drawn;
  const auto heavy = static_cast<std::uint32_t>(wanted + 0.5);
  if (std::abs(wanted - heavy) > 1e-6) {
    throw UsageError(
        fmt::format("heavy takes steps of 0.1%, as in 0.1% or 1%, not {:g}%", given.fraction("heavy") * 100));
  }
  const bool alike = given.count("amount") == given.count("heavy-amount");
  if (heavy == 0 || alike) return one_kind(task("amount"));
  std::vector<TaskKind> kinds{{.scripts = {task("heavy-amount")}, .name = "heavy", .weight = heavy}};
  if (heavy < tasks_drawn) {
    kinds.push_back({.scripts = {task("amount")}, .name = "light", .weight = tasks_drawn - heavy});
  }
  return kinds;
}

}  // namespace

extern const WorkloadInfo mixed_workload;
const WorkloadInfo mixed_workload{
    .name = "mixed",
    .summary = "request, compute, request: what a service does",
    .parameters = parameters,
    .concurrency = 100,
    .draw = draw_kinds,
};

}  // namespace cbench
