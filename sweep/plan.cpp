#include "sweep/plan.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/host.hpp"
#include "record/cell_key.hpp"
#include "reports/findings/ideal.hpp"
#include "sweep/baseline_tasks.hpp"
#include "sweep/choice.hpp"
#include "sweep/load_choice.hpp"
#include "sweep/order.hpp"
#include "system/awake_cpus.hpp"
#include "system/cpus.hpp"
#include "text/quantity.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t most_workers = 4096;
constexpr std::uint64_t most_repetitions = 1000;
constexpr double least_precision = 0.001;
constexpr double most_precision = 0.5;
constexpr auto grace = 15s;                // beyond the expected time, before the watchdog ends a trial
constexpr auto fixed_work_timeout = 5min;  // nobody knows how long fixed work takes
constexpr int slowest_waits = 5;           // a task that waits may take that many times as long as it asks for

std::vector<std::uint32_t> parse_counts(const std::vector<std::string>& texts, std::string_view what,
                                        std::uint32_t most) {
  std::vector<std::uint32_t> counts;
  for (const std::string& text : texts) {
    const std::uint64_t count = parse_count(text, what);
    if (count == 0 || count > most)
      throw UsageError(fmt::format("{} must lie between 1 and {}, not {}", what, most, text));
    if (std::find(counts.begin(), counts.end(), count) == counts.end())
      counts.push_back(static_cast<std::uint32_t>(count));
  }
  return counts;
}

// What spins counts against a quota of CPU time, and once that is used up the kernel halts all.
void check_quota_for_spinning(const HostFacts& host) {
  if (host.cpu_quota <= 0 || host.cpu_quota >= host.cpus_allowed) return;
  throw UsageError(
      fmt::format("--keep-awake: the control group may use {:.3g} CPUs of {}, and threads that keep them all awake "
                  "would leave nothing of that; leave it out, or allow whole CPUs in place of a quota (docker run "
                  "--cpuset-cpus)",
                  host.cpu_quota, host.cpus_allowed));
}

PrecisionGoal parse_precision(const SweepArguments& arguments) {
  PrecisionGoal goal;
  if (arguments.precision.empty()) {
    if (!arguments.max_repetitions.empty()) {
      throw UsageError("--max-repetitions says when to give --precision up; without it, give --repetitions");
    }
    return goal;
  }
  goal.relative = parse_fraction(arguments.precision, "--precision");
  if (goal.relative < least_precision || goal.relative > most_precision) {
    throw UsageError(fmt::format("--precision must lie between 0.1% and 50%, not {}", arguments.precision));
  }
  if (!arguments.max_repetitions.empty()) {
    const std::uint64_t count = parse_count(arguments.max_repetitions, "--max-repetitions");
    if (count < 2 || count > most_repetitions) {
      throw UsageError(fmt::format("--max-repetitions must lie between 2 and {}, not {}", most_repetitions,
                                   arguments.max_repetitions));
    }
    goal.max_repetitions = static_cast<std::uint32_t>(count);
  }
  if (goal.max_repetitions < arguments.repetitions) {
    throw UsageError(fmt::format("--max-repetitions ({}) must not be less than --repetitions ({})",
                                 goal.max_repetitions, arguments.repetitions));
  }
  return goal;
}

}  // namespace

std::chrono::nanoseconds time_limit(const SweepArguments& arguments, const TrialSpec& spec,
                                    std::chrono::nanoseconds longest) {
  if (!arguments.timeout.empty()) return parse_duration(arguments.timeout, "--timeout");
  if (spec.load.kind == LoadKind::fixed) return fixed_work_timeout;
  // The warm-up may grow by the length of the window until every slot has finished a task.
  // After an open load's those are waited for who arrived within it.
  return expected_time(spec) + spec.load.duration + slowest_waits * longest + grace;
}

void check_repetitions(std::uint32_t repetitions) {
  if (repetitions >= 1 && repetitions <= most_repetitions) return;
  throw UsageError(fmt::format("--repetitions must lie between 1 and {}, not {}", most_repetitions, repetitions));
}

std::uint64_t default_max_memory(const HostFacts& host, const GroupLimits& groups) {
  return std::min(host.memory_bytes, groups.free_memory.value_or(UINT64_MAX)) / 10 * 9;
}

void check_one_workload(const SweepPlan& plan, std::string_view what) {
  const TrialSpec& first = plan.cells.front();
  for (const TrialSpec& cell : plan.cells) {
    if (cell.workload == first.workload && cell.parameters == first.parameters) continue;
    throw UsageError(fmt::format("{} of one workload: leave out {} or {}", what, first.workload, cell.workload));
  }
}

std::vector<std::uint32_t> default_worker_counts(const HostFacts& host) {
  const auto cpus = std::max(1U, static_cast<std::uint32_t>(std::lround(cpus_usable(host))));
  std::set<std::uint32_t> counts{cpus};
  for (std::uint32_t count = 1; count < cpus; count *= 2) counts.insert(count);
  if (const auto cores = cores_of(allowed_cpus()); cores > 0 && cores < cpus) counts.insert(cores);
  return {counts.begin(), counts.end()};
}

std::chrono::nanoseconds expected_time(const TrialSpec& spec) {
  if (spec.load.kind == LoadKind::fixed) return set_up_time + 1s;
  return set_up_time + spec.load.warmup + spec.load.duration;
}

SweepPlan plan_sweep(const SweepArguments& arguments) {
  if (arguments.keep_awake) {  // before the facts of the host, one of which it is
    check_quota_for_spinning(host_facts());
    keep_cpus_awake();
  }
  const HostFacts host = host_facts();
  const auto models = choose_models(arguments.models);
  if (models.empty()) throw UsageError("--model names no model");
  const auto workloads = choose_workloads(arguments.workloads, arguments.params);
  const LoadAsked load = parse_load(arguments);
  const bool open = load.kind == LoadKind::open;
  auto workers = parse_counts(arguments.workers, "--workers", most_workers);
  if (workers.empty()) workers = default_worker_counts(host);
  const auto given_concurrency = parse_counts(arguments.concurrency, "--concurrency", most_in_flight);
  check_repetitions(arguments.repetitions);
  const std::uint64_t max_memory = arguments.max_memory.empty() ? default_max_memory(host, group_limits())
                                                                : parse_size(arguments.max_memory, "--max-memory");
  SweepPlan plan{.trials = {},
                 .cells = {},
                 .repetitions = arguments.repetitions,
                 .seed = arguments.seed,
                 .precision = parse_precision(arguments)};
  std::vector<TrialSpec>& cells = plan.cells;
  std::vector<std::chrono::nanoseconds> waiting;  // of each cell's tasks
  std::vector<std::chrono::nanoseconds> longest;  // of these
  std::vector<std::optional<std::chrono::nanoseconds>> warmups;
  for (const WorkloadChoice& workload : workloads) {
    const Work work = workload.draw(arguments.seed, 1);
    plan.needs_peer = plan.needs_peer || work.lanes() > 0;
    const auto in_flight_at = [&](double rate_per_s) {
      if (!given_concurrency.empty()) return given_concurrency;
      return std::vector{open ? default_slots(rate_per_s, work.waiting(), workload.concurrency())
                              : workload.concurrency()};
    };
    const std::size_t first_cell = cells.size();

    const auto add = [&](const ModelEntry& entry, const TextMap& settings, std::uint32_t worker_count,
                         std::uint32_t tasks_in_flight, double rate_per_s, bool unasked) {
      const ModelInfo& model = entry.info;
      TrialSpec cell{.model = std::string(model.name),
                     .settings = settings,
                     .workload = workload.name(),
                     .parameters = workload.parameters,
                     .load = {.kind = load.kind,
                              .concurrency = std::min(tasks_in_flight, model.most_in_flight),
                              .tasks = load.tasks > 0 && unasked ? baseline_tasks(load.tasks, work) : load.tasks,
                              .rate_per_s = rate_per_s,
                              .poisson = load.poisson,
                              .shed = load.shed},
                     .workers = std::min(worker_count, model.most_workers),
                     .is_baseline = model.baseline,
                     .runtime_name = entry.runtime,
                     .unasked = unasked,
                     .max_memory_bytes = max_memory};
      const bool is_there = std::any_of(cells.begin(), cells.end(),
                                        [&](const TrialSpec& other) { return cell_key(other) == cell_key(cell); });
      if (is_there) return;
      check_connections(workload, work, cell.load.concurrency);
      cells.push_back(std::move(cell));
      waiting.push_back(work.waiting());
      longest.push_back(longest_wait(work));
      warmups.push_back(entry.warmup);
    };
    for (const ModelChoice& model : models) {
      for (const std::uint32_t count : workers) {
        for (const double rate : load.rates_per_s) {
          for (const std::uint32_t tasks_in_flight : in_flight_at(rate))
            add(*model.entry, model.settings, count, tasks_in_flight, rate, false);
        }
      }
    }
    // Where tasks arrive at a given rate nothing is faster than anything else: there is no speedup.
    if (arguments.no_baseline || open) continue;
    // That of this program always, and those of the runtimes whose models were asked for.
    std::set<std::string> baselines{""};
    for (const ModelChoice& model : models) baselines.insert(model.entry->runtime);
    for (const std::string& runtime : baselines) {
      const bool is_there =
          std::any_of(cells.begin() + static_cast<std::ptrdiff_t>(first_cell), cells.end(),
                      [&](const TrialSpec& cell) { return cell.is_baseline && cell.runtime_name == runtime; });
      const ModelEntry* baseline = is_there ? nullptr : catalogue().baseline_of(runtime);
      if (baseline != nullptr) add(*baseline, {}, 1, 1, 0, true);
    }
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    choose_times(load, cells.size() * arguments.repetitions, waiting[i], cells[i].load);
    // A model that says what it needs to get warm has it, unless somebody asks for another time.
    if (warmups[i] && !load.warmup && load.kind != LoadKind::fixed) {
      cells[i].load.warmup = std::max(cells[i].load.warmup, *warmups[i]);
    }
    cells[i].deadline = time_limit(arguments, cells[i], longest[i]);
  }
  plan.trials = order_trials(cells, arguments.repetitions, arguments.seed);
  for (const TrialSpec& trial : plan.trials) plan.expected += expected_time(trial);
  return plan;
}

}  // namespace cbench
