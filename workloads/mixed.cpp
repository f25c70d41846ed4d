// What a service does: ask, compute, ask again. A share of the tasks can compute much more than the rest, which shows
// whom a long computation holds up.
#include <algorithm>
#include <utility>

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
  // Fisher and Yates, with numbers of our own: what std::shuffle does is each library's to say.
  std::uint64_t random = draw.seed;
  for (std::size_t i = scripts.size() - 1; i > 0; --i) {
    random = mix64(random);
    std::swap(scripts[i], scripts[random % (i + 1)]);
  }
  return scripts;
}

// Told by what it computes; where both amounts are the same, all tasks are of one kind.
std::string_view class_of(const Steps& steps, const Parameters& given) {
  if (given.fraction("heavy") == 0 || given.count("amount") == given.count("heavy-amount")) return "";
  return steps[1].amount == given.count("heavy-amount") ? "heavy" : "light";
}

}  // namespace

extern const WorkloadInfo mixed_workload;
const WorkloadInfo mixed_workload{
    .name = "mixed",
    .summary = "request, compute, request: what a service does",
    .parameters = parameters,
    .concurrency = 100,
    .draw = draw_scripts,
    .class_of = class_of,
};

}  // namespace cbench
