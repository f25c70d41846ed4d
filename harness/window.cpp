#include "harness/window.hpp"

#include <algorithm>

#include <sys/resource.h>

#include "harness/generator.hpp"
#include "system/cpu_clock.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds lead = 2ms;         // between the announcement of the window and its begin
constexpr std::chrono::nanoseconds look_every = 20ms;  // at the load, for failures

// Of the whole process, threads that have ended included; 300 ns, however many threads there are.
RecordEvent::Switches switches_now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.voluntary = static_cast<std::uint64_t>(usage.ru_nvcsw),
          .involuntary = static_cast<std::uint64_t>(usage.ru_nivcsw)};
}

RecordEvent::Switches between(const RecordEvent::Switches& before, const RecordEvent::Switches& after) {
  return {.voluntary = after.voluntary - before.voluntary, .involuntary = after.involuntary - before.involuntary};
}

class Window {
 public:
  Window(Load& load, const WindowHooks& hooks) : load_(load), hooks_(hooks) {}

  void submit_first_tasks() {
    load_.fill();
    for (auto task = load_.next_first(); task && !over(); task = load_.next_first()) hooks_.submit(*task);
  }

  // Sleeps until then, or until it is over, or until what is asked for is true.
  template <class Until>
  void sleep_until(Ticks until, Until is_true) {
    for (Ticks now = ticks::now(); now < until && !over() && !is_true(); now = ticks::now()) {
      const std::chrono::nanoseconds left(ticks::to_ns(now, until));
      if (hooks_.sleep(std::min(left, look_every))) load_.fail("the parent has ended the trial");
    }
  }
  void sleep_until(Ticks until) {
    sleep_until(until, [] { return false; });
  }

  bool over() const { return load_.failure().has_value(); }

 private:
  Load& load_;
  const WindowHooks& hooks_;
};

// Until the window is over by the parent's clock too: over hours the two drift apart by milliseconds, and what ends
// before its window is no result.
void outlast(Ticks end, const Load& load, const WindowHooks& hooks) {
  const std::uint64_t end_ns = ticks::to_monotonic(end);
  for (std::uint64_t now = ticks::from_kernel(); now < end_ns && !load.failure(); now = ticks::from_kernel()) {
    if (hooks.sleep(std::chrono::nanoseconds(end_ns - now))) return;
  }
}

WindowOutcome run_closed(const LoadSpec& spec, std::chrono::nanoseconds most_warmup, Load& load,
                         const WindowHooks& hooks) {
  Window window(load, hooks);
  const Ticks submitted = ticks::now();
  window.submit_first_tasks();
  window.sleep_until(submitted + ticks::from_ns(spec.warmup));
  window.sleep_until(submitted + ticks::from_ns(std::max(most_warmup, spec.warmup)), [&] { return load.settled(); });
  WindowOutcome outcome{.finish_ns = {}, .settled = load.settled(), .switches = {}, .generator_cpu = {}};
  const Ticks begin = ticks::now() + ticks::from_ns(lead);
  const Ticks end = begin + ticks::from_ns(spec.duration);
  // The load first: of an announcement that is held up the parent hears too late, and says so; of tasks that finish
  // before the load knows of the window nobody would.
  load.set_window(begin, end);
  hooks.announce({.begin_ns = ticks::to_monotonic(begin), .end_ns = ticks::to_monotonic(end)});
  window.sleep_until(begin);
  const RecordEvent::Switches before = switches_now();
  window.sleep_until(end);
  outcome.switches = between(before, switches_now());
  hooks.drain();
  outlast(end, load, hooks);
  return outcome;
}

WindowOutcome run_fixed(Load& load, const WindowHooks& hooks) {
  Window window(load, hooks);
  const Ticks begin = ticks::now() + ticks::from_ns(lead);
  hooks.announce({.begin_ns = ticks::to_monotonic(begin), .end_ns = {}});
  window.sleep_until(begin);
  load.set_window(0, UINT64_MAX);
  const RecordEvent::Switches before = switches_now();
  window.submit_first_tasks();
  hooks.drain();
  // Not now: whoever drains is woken some time after the last finish.
  const Ticks finish = load.last_finish() != 0 ? load.last_finish() : ticks::now();
  return {.finish_ns = ticks::to_monotonic(finish),
          .settled = true,
          .switches = between(before, switches_now()),
          .generator_cpu = {}};
}

// The window's instants are those of the load, known before its first arrival.
WindowOutcome run_open(const LoadSpec& spec, std::chrono::nanoseconds drain, Load& load, const WindowHooks& hooks) {
  OpenTimes times{.epoch = ticks::now() + ticks::from_ns(2 * lead)};
  times.begin = times.epoch + ticks::from_ns(spec.warmup);
  times.end = times.begin + ticks::from_ns(spec.duration);
  times.give_up = times.end + ticks::from_ns(drain);
  hooks.announce({.begin_ns = ticks::to_monotonic(times.begin), .end_ns = ticks::to_monotonic(times.end)});
  load.open(times);
  Generator generator(load, hooks);
  generator.run_until(times.begin);
  const RecordEvent::Switches before = switches_now();
  const std::chrono::nanoseconds cpu_before = cpu_time_of_this_thread();
  generator.run_until(times.end);
  const WindowOutcome outcome{.finish_ns = {},
                              .settled = true,
                              .switches = between(before, switches_now()),
                              .generator_cpu = cpu_time_of_this_thread() - cpu_before};
  generator.finish();
  hooks.drain();
  outlast(times.end, load, hooks);
  return outcome;
}

}  // namespace

WindowOutcome run_window(const LoadSpec& spec, const WindowLimits& limits, Load& load, const WindowHooks& hooks) {
  switch (spec.kind) {
    case LoadKind::closed: return run_closed(spec, limits.most_warmup, load, hooks);
    case LoadKind::fixed: return run_fixed(load, hooks);
    case LoadKind::open: return run_open(spec, limits.drain, load, hooks);
  }
  return {};
}

}  // namespace cbench
