// One job at a time with a serial phase and a parallel phase, to hold Amdahl's law against: the fit over the workers
// must give back the serial fraction that went in.
#include <chrono>

#include "workloads/workload.hpp"

namespace cbench {
namespace {

constexpr std::string_view phases[] = {"compute", "wait"};

constexpr Parameter parameters[] = {
    {.name = "serial", .unit = Unit::fraction, .fallback = "0.1", .summary = "share of the job that cannot be divided"},
    {.name = "phase",
     .unit = Unit::choice,
     .fallback = "compute",
     .summary = "compute is bound by the CPUs; wait shows the law with more workers than CPUs",
     .choices = phases},
    {.name = "amount",
     .unit = Unit::count,
     .fallback = "100M",
     .summary = "compute: rounds of the mix kernel in a job",
     .least = 1000,
     .most = 4'000'000'000},
    {.name = "time", .unit = Unit::duration, .fallback = "200ms", .summary = "wait: how long a job takes one worker"},
    {.name = "pieces",
     .unit = Unit::count,
     .fallback = "64",
     .summary = "compute: pieces of the parallel phase, whatever the workers",
     .least = 1,
     .most = 10'000},
};

// Waiting takes no CPU, so nothing but the script keeps all pieces from waiting at once: there the parallel phase is
// cut into one piece for each worker. Computing it is cut fine: whoever ends first waits for half a piece on average,
// which the fit takes for work that cannot be divided.
std::vector<TaskKind> draw_kinds(const Draw& draw) {
  const Parameters& given = draw.parameters;
  const double serial = given.fraction("serial");
  Steps job;
  const auto add = [&](const Steps& steps) { job.insert(job.end(), steps.begin(), steps.end()); };
  if (given.choice("phase") == "wait") {
    using Ns = std::chrono::nanoseconds;
    const auto whole = static_cast<double>(given.duration("time").count());
    if (serial > 0) add(wait(Ns(static_cast<std::int64_t>(whole * serial))));
    if (serial < 1)
      add(fan_out(draw.workers, wait(Ns(static_cast<std::int64_t>(whole * (1 - serial) / draw.workers)))));
  } else {
    const auto whole = static_cast<double>(given.count("amount"));
    const auto pieces = static_cast<std::uint32_t>(given.count("pieces"));
    if (serial > 0) add(compute(Kernel::mix, static_cast<std::uint64_t>(whole * serial)));
    if (serial < 1)
      add(fan_out(pieces, compute(Kernel::mix, static_cast<std::uint64_t>(whole * (1 - serial) / pieces))));
  }
  return one_kind(job);
}

}  // namespace

extern const WorkloadInfo amdahl_workload;
const WorkloadInfo amdahl_workload{
    .name = "amdahl",
    .summary = "one job at a time, part of it serial: gives Amdahl's law its serial fraction",
    .parameters = parameters,
    .concurrency = 1,
    .draw = draw_kinds,
};

}  // namespace cbench
