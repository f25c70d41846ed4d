// A fiber per task, many on few threads: goroutines, virtual threads, green threads.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "harness/kernel_limits.hpp"
#include "models/fiber/fiber_scheduler.hpp"
#include "models/fiber/fiber_tasks.hpp"
#include "models/fiber/library_fibers.hpp"
#include "models/fiber/stack_arena.hpp"
#include "models/model.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::uint64_t least_stack = StackArena::touched;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t stack_factor = 8;  // instrumented frames are larger
#else
constexpr std::uint64_t stack_factor = 1;
#endif

// How the setting `sched` names them, our own first.
struct Schedule {
  std::string_view name;
  FiberPolicy policy = FiberPolicy::round_robin;
  std::optional<LibraryAlgorithm> library;  // where it is one of those

  bool keeps_fibers() const {
    return library ? *library == LibraryAlgorithm::round_robin : policy == FiberPolicy::round_robin;
  }
};
constexpr Schedule schedules[] = {
    {"round-robin", FiberPolicy::round_robin, std::nullopt},
    {"shared-work", FiberPolicy::shared_work, std::nullopt},
    {"work-stealing", FiberPolicy::work_stealing, std::nullopt},
    {.name = "library-round-robin", .library = LibraryAlgorithm::round_robin},
    {.name = "library-shared-work", .library = LibraryAlgorithm::shared_work},
    {.name = "library-work-stealing", .library = LibraryAlgorithm::work_stealing},
};

struct Options {
  std::uint64_t stack_bytes = 16 * 1024;
  FiberStacks stacks = FiberStacks::arena;
  Schedule schedule = schedules[0];
};

// Schedulers that wait for sockets and timers themselves. A FiberRuntime.
class OwnFibers {
 public:
  OwnFibers(FiberPolicy policy, const Environment& environment)
      : workers_(policy, environment.workers, environment.connections) {}

  std::uint32_t count() const { return workers_.count(); }
  bool keeps_fibers() const { return workers_.policy() == FiberPolicy::round_robin; }
  static bool launches_from_fibers() { return true; }
  void install(std::uint32_t worker) { workers_[worker].install(); }
  static std::uint32_t here(Ticks now) {
    FiberScheduler& scheduler = FiberScheduler::current();
    scheduler.note(now);
    return scheduler.worker();
  }
  static std::uint32_t here() { return FiberScheduler::current().worker(); }
  void wait_for_wake(std::uint32_t worker) { workers_[worker].wait_for_wake(); }
  void wake(std::uint32_t worker) { workers_[worker].wake(); }
  static void sleep(std::chrono::nanoseconds time) { FiberScheduler::current().sleep(time); }
  static std::uint64_t request(const Step& step, std::uint32_t connection) {
    return FiberScheduler::current().request(step, connection);
  }

 private:
  FiberWorkers workers_;
};

std::unique_ptr<Model> make_fibers(const Environment& environment, const Options& options) {
  const std::uint64_t stack_bytes = options.stack_bytes * stack_factor;
  if (const auto algorithm = options.schedule.library) {
    return std::make_unique<FiberTasks<LibraryFibers>>(environment, options.stacks, stack_bytes, [&] {
      return LibraryFibers(*algorithm, environment.workers, environment.connections);
    });
  }
  return std::make_unique<FiberTasks<OwnFibers>>(environment, options.stacks, stack_bytes,
                                                 [&] { return OwnFibers(options.schedule.policy, environment); });
}

constexpr Setting settings[] = {
    {"stack", "bytes", "16k", "stack of each fiber, at least 8k"},
    {"allocator", "arena, pooled, malloc or guarded", "arena",
     "stacks from a free list in large mappings; or from Boost's pool, one a worker, where fibers stay on theirs; or "
     "from malloc; or each in a mapping with a guard page, which finds an overflow and costs two system calls"},
    {"sched",
     "round-robin, shared-work, work-stealing, library-round-robin, library-shared-work or library-work-stealing",
     "round-robin",
     "fibers stay on their worker; or run on whichever is free; or are taken over by workers that run out of work. "
     "library-: the algorithms that Boost.Fiber ships. They wait for no sockets: a thread beside the workers does, and "
     "wakes fibers. Idle workers sleep, and nobody wakes them for what others have ready"},
};

// The row of that name. `name_of` gives a row's name.
template <class Rows, class NameOf>
const auto& named(const Rows& rows, NameOf name_of, const std::string& name, std::string_view kind) {
  const auto row = std::ranges::find(rows, std::string_view(name), name_of);
  if (row != std::end(rows)) return *row;
  std::vector<std::string> known;
  for (const auto& other : rows) known.emplace_back(std::invoke(name_of, other));
  throw unknown(kind, name, known);
}

Options read_options(const Settings& settings_given) {
  Options options;
  if (const auto given = settings_given.find("stack"); given != settings_given.end()) {
    options.stack_bytes = parse_size(given->second, "stack");
    if (options.stack_bytes < least_stack)
      throw UsageError("stack must be at least 8k: Boost.Fiber's own locks need that");
    options.stack_bytes = (options.stack_bytes + 4095) / 4096 * 4096;
  }
  if (const auto given = settings_given.find("allocator"); given != settings_given.end()) {
    constexpr std::pair<std::string_view, FiberStacks> allocators[] = {{"arena", FiberStacks::arena},
                                                                       {"pooled", FiberStacks::pooled},
                                                                       {"malloc", FiberStacks::malloc},
                                                                       {"guarded", FiberStacks::guarded}};
    options.stacks = named(
                         allocators, [](const auto& row) { return row.first; }, given->second, "allocator")
                         .second;
  }
  if (const auto given = settings_given.find("sched"); given != settings_given.end()) {
    options.schedule = named(schedules, &Schedule::name, given->second, "scheduler");
  }
  if (options.stacks == FiberStacks::pooled && !options.schedule.keeps_fibers()) {
    throw UsageError(
        fmt::format("allocator=pooled is not for sched={}: Boost's pool has no lock, and fibers that move end "
                    "on other threads; use arena, malloc or guarded",
                    options.schedule.name));
  }
  return options;
}

// Why so many stacks cannot be had at once.
std::optional<std::string> why_not(std::uint64_t stacks, const Options& options) {
  const std::string what = fmt::format("{} stacks of {} KiB", stacks, options.stack_bytes >> 10U);
  if (options.stacks == FiberStacks::guarded) {
    if (auto why = why_not_mappings(2 * stacks, what)) return *why + ", or use allocator=arena";
  }
  return why_not_memory(stacks * StackArena::touched, what + ", of which 8 KiB each are touched,");
}

}  // namespace

extern const ModelInfo fibers_model;
const ModelInfo fibers_model{
    .name = "fibers",
    .idiom = "M:N stackful fibers: goroutines, virtual threads, green threads",
    .library = "Boost.Fiber",
    .version = CBENCH_LIBRARY_VERSION,
    .unit = "fibers",
    .own =
        "a scheduler on each worker that waits for sockets (epoll) and timers (a heap) too, and an arena from which "
        "stacks come",
    .stock = "sched=library-round-robin,allocator=pooled",
    .settings = settings,
    .check = [](const Settings& given) { read_options(given); },
    .make = [](const Environment& environment) -> std::unique_ptr<Model> {
      const Options options = read_options(environment.settings);
      if (const auto why = why_not(environment.slots, options)) throw std::runtime_error(*why);
      return make_fibers(environment, options);
    },
};

}  // namespace cbench
