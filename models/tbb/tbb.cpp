// Work-stealing tasks. A task that must wait frees its worker: by default it ends its TBB task and goes on in another
// one when the wait is over, which is cheaper than suspending the task (wait=suspend) and holds any number of them.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>

#include "models/model.hpp"
#include "models/tbb/tbb_continuing.hpp"
#include "models/tbb/tbb_staying.hpp"
#include "system/kernel_file.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

// oneTBB 2021.8 counts an arena's suspended stacks in 12 bits: from the 4,096th on it takes them for workers at work,
// and the real ones stay away.
constexpr std::uint32_t most_stacks = 4000;
constexpr std::uint64_t mappings_per_stack = 2;
constexpr std::uint64_t other_mappings = 1000;
constexpr std::uint64_t least_stack = 32 * 1024;  // a blocking request keeps 16 KiB of buffer on it
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stack_factor = 8;  // instrumented frames are larger
#else
constexpr std::uint64_t stack_factor = 1;
#endif

// How many stacks one run of the script can have suspended at once. Where branches wait, so may the stack that waits
// for them.
std::uint64_t stacks_of(Script script) {
  std::uint64_t most = 0;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    const std::uint64_t inside = stacks_of(body_of(script, at));
    switch (step.kind) {
      case StepKind::compute: break;
      case StepKind::wait:
      case StepKind::request: most = std::max<std::uint64_t>(most, 1); break;
      case StepKind::critical: most = std::max<std::uint64_t>({most, inside, 1}); break;
      case StepKind::fan_out: most = std::max(most, inside == 0 ? 0 : step.width * inside + 1); break;
    }
  }
  return most;
}

std::unique_ptr<Model> make_suspending(const Environment& environment, std::size_t stack_bytes) {
  const Work& work = environment.load.work();
  std::uint64_t per_task = 0;
  for (std::size_t i = 0; i < work.distinct(); ++i) per_task = std::max(per_task, stacks_of(work.script(i)));
  if (per_task > most_stacks) {
    throw std::runtime_error(
        fmt::format("a task of this workload needs {} suspended stacks at once, but with wait=suspend oneTBB holds {}: "
                    "run it with wait=continue",
                    per_task, most_stacks));
  }
  const auto most_inside = per_task == 0 ? UINT32_MAX : static_cast<std::uint32_t>(most_stacks / per_task);
  const auto stacks = static_cast<std::uint32_t>(std::min(environment.slots, most_inside) * per_task);
  const std::uint64_t mappings = stacks * mappings_per_stack + other_mappings;
  const auto allowed = read_kernel_number("/proc/sys/vm/max_map_count");
  if (allowed && *allowed < mappings) {
    throw std::runtime_error(
        fmt::format("{} suspended stacks need {} memory mappings, but a process may have {}: run sudo sysctl "
                    "vm.max_map_count={}, or use wait=continue",
                    stacks, mappings, *allowed, mappings));
  }
  return std::make_unique<StayingTasks<SuspendingSteps>>(environment, most_inside,
                                                         per_task == 0 ? UINT32_MAX : most_stacks, stacks, stack_bytes);
}

constexpr Setting settings[] = {
    {"wait", "continue, suspend or block", "continue",
     "a task that waits goes on in another TBB task; or is suspended with its stack (4,000 at once, the others queue); "
     "or keeps its worker"},
    {"stack", "bytes", "64k", "stack of each suspended task, at least 32k"},
};

std::uint64_t stack_bytes_of(const Settings& given) {
  const auto stack = given.find("stack");
  const std::uint64_t bytes = stack == given.end() ? 64 * 1024 : parse_size(stack->second, "stack");
  if (bytes < least_stack) throw UsageError("stack must be at least 32k");
  return bytes * stack_factor;
}

std::string_view wait_of(const Settings& given) {
  const auto wait = given.find("wait");
  return wait == given.end() ? "continue" : std::string_view(wait->second);
}

void check(const Settings& given) {
  stack_bytes_of(given);
  const std::string_view wait = wait_of(given);
  if (wait != "continue" && wait != "suspend" && wait != "block") {
    throw unknown("way to wait", wait, {"continue", "suspend", "block"});
  }
}

std::unique_ptr<Model> make(const Environment& environment) {
  const std::string_view wait = wait_of(environment.settings);
  if (wait == "suspend") return make_suspending(environment, stack_bytes_of(environment.settings));
  if (wait == "block") {
    return std::make_unique<StayingTasks<BlockingWorkerSteps>>(environment, UINT32_MAX, environment.workers, 0, 0);
  }
  return std::make_unique<ContinuingTasks>(environment);
}

}  // namespace

extern const ModelInfo tbb_model;
const ModelInfo tbb_model{
    .name = "tbb",
    .idiom = "work-stealing tasks; a task that waits frees its worker",
    .library = "oneTBB",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "tasks",
    .cannot =
        "waits for timers on a thread beside its workers, with wait=suspend for sockets too; wait=suspend holds 4,000 "
        "waiting tasks",
    .own =
        "tasks that are cut at their waits and go on in another TBB task; queues in which what has waited longest goes "
        "first; locks that keep no worker; timers, and connections that workers look after between tasks, of which "
        "oneTBB knows nothing",
    .stock = "wait=suspend",
    .settings = settings,
    .check = check,
    .make = make,
};

}  // namespace cbench
