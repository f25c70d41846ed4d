// What a service does: ask, compute, ask again. A share of the tasks can compute much more than the rest, which shows
// whom a long computation holds up.
#include <algorithm>
#include <random>

#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr std::size_t scripts_drawn = 1000;

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
     .summary = "share of tasks that compute heavy-amount instead"},
    {.name = "heavy-amount",
     .unit = Unit::count,
     .fallback = "100000",
     .summary = "of the kernel's work in such a task",
     .most = 4'000'000'000},
};

std::vector<Steps> draw_scripts(const Draw& draw) {
  const Parameters& given = draw.parameters;
  const auto task = [&](std::string_view amount) {
    const Steps ask = request(given.bytes("bytes"), given.duration("delay"));
    return sequence({ask, compute(given.kernel("kernel"), given.count(amount)), ask});
  };
  const double heavy = given.fraction("heavy");
  if (heavy == 0) return {task("amount")};
  // Exactly that share, in an order drawn from the seed.
  std::vector<Steps> scripts(scripts_drawn, task("amount"));
  const auto heavy_ones = static_cast<std::ptrdiff_t>(heavy * static_cast<double>(scripts_drawn) + 0.5);
  std::fill_n(scripts.begin(), heavy_ones, task("heavy-amount"));
  std::shuffle(scripts.begin(), scripts.end(), std::mt19937_64(draw.seed));
  return scripts;
}

}  // namespace

extern const WorkloadInfo mixed_workload;
const WorkloadInfo mixed_workload{
    .name = "mixed",
    .summary = "request, compute, request: what a service does",
    .parameters = parameters,
    .concurrency = 100,
    .draw = draw_scripts,
};

}  // namespace cbench
