#include "sweep/plan/plan.hpp"

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
#include "sweep/plan/baseline_tasks.hpp"
#include "sweep/plan/choice.hpp"
#include "sweep/plan/load_choice.hpp"
#include "sweep/plan/order.hpp"
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
  if (cpus_usable(host) >= host.cpus_allowed) return;
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

// What was asked for, read and checked.
struct Asked {
  std::vector<ModelChoice> models;
  std::vector<WorkloadChoice> workloads;
  LoadAsked load;
  std::vector<std::uint32_t> workers;
  std::vector<std::uint32_t> concurrency;  // empty: as many as each workload says
  std::uint64_t max_memory_bytes = 0;
  bool with_baselines = true;
};

Asked read_arguments(const SweepArguments& arguments, const HostFacts& host) {
  Asked asked;
  asked.models = choose_models(arguments.models);
  if (asked.models.empty()) throw UsageError("--model names no model");
  asked.workloads = choose_workloads(arguments.workloads, arguments.params);
  asked.load = parse_load(arguments);
  asked.workers = parse_counts(arguments.workers, "--workers", most_workers);
  if (asked.workers.empty()) asked.workers = default_worker_counts(host);
  asked.concurrency = parse_counts(arguments.concurrency, "--concurrency", most_in_flight);
  check_repetitions(arguments.repetitions);
  asked.max_memory_bytes = arguments.max_memory.empty() ? default_max_memory(host, group_limits())
                                                        : parse_size(arguments.max_memory, "--max-memory");
  // Where tasks arrive at a given rate nothing is faster than anything else: there is no speedup.
  asked.with_baselines = !arguments.no_baseline && asked.load.kind != LoadKind::open;
  return asked;
}

// The cells of a sweep, each once, in the order in which they were asked for.
class CellList {
 public:
  explicit CellList(const Asked& asked) : asked_(asked) {}

  // Every model on every number of workers, at every rate, with every number of tasks in flight; then the baselines.
  void add(const WorkloadChoice& workload, const Work& work) {
    const std::size_t first = cells_.size();
    for (const ModelChoice& model : asked_.models) {
      for (const std::uint32_t workers : asked_.workers) {
        for (const double rate_per_s : asked_.load.rates_per_s) {
          for (const std::uint32_t in_flight : in_flight_at(rate_per_s, workload, work)) {
            add_cell(
                workload, work, *model.entry,
                {.settings = model.settings, .workers = workers, .in_flight = in_flight, .rate_per_s = rate_per_s});
          }
        }
      }
    }
    if (asked_.with_baselines) add_baselines(workload, work, first);
  }

  // With warm-up, window and time limit of each, which depend on how many there are.
  std::vector<TrialSpec> with_times(const SweepArguments& arguments) const {
    std::vector<TrialSpec> cells;
    for (const Entry& entry : cells_) {
      TrialSpec& cell = cells.emplace_back(entry.cell);
      choose_times(asked_.load, cells_.size() * arguments.repetitions, entry.to_fill, cell.load);
      // A model that says what it needs to get warm has it, unless somebody asks for another time.
      if (entry.warmup && !asked_.load.warmup && cell.load.kind != LoadKind::fixed) {
        cell.load.warmup = std::max(cell.load.warmup, *entry.warmup);
      }
      cell.deadline = time_limit(arguments, cell, entry.longest);
    }
    return cells;
  }

 private:
  struct Entry {
    TrialSpec cell;
    std::chrono::nanoseconds to_fill;  // an open load of it
    std::chrono::nanoseconds longest;  // of any of its tasks
    std::optional<std::chrono::nanoseconds> warmup;
  };

  struct Place {
    TextMap settings = {};
    std::uint32_t workers = 1;
    std::uint32_t in_flight = 1;
    double rate_per_s = 0;
    bool unasked = false;  // a baseline that nobody named
  };

  std::vector<std::uint32_t> in_flight_at(double rate_per_s, const WorkloadChoice& workload, const Work& work) const {
    if (!asked_.concurrency.empty()) return asked_.concurrency;
    if (asked_.load.kind != LoadKind::open) return {workload.concurrency()};
    return {default_slots(rate_per_s, work.waiting(), workload.concurrency())};
  }

  // That of this program always, and those of the runtimes whose models were asked for; none that is there from the
  // cell `first` on.
  void add_baselines(const WorkloadChoice& workload, const Work& work, std::size_t first) {
    std::set<std::string> runtimes{""};
    for (const ModelChoice& model : asked_.models) runtimes.insert(model.entry->runtime);
    for (const std::string& runtime : runtimes) {
      const bool is_there =
          std::any_of(cells_.begin() + static_cast<std::ptrdiff_t>(first), cells_.end(),
                      [&](const Entry& entry) { return entry.cell.is_baseline && entry.cell.runtime_name == runtime; });
      const ModelEntry* baseline = is_there ? nullptr : catalogue().baseline_of(runtime);
      if (baseline != nullptr) add_cell(workload, work, *baseline, {.unasked = true});
    }
  }

  void add_cell(const WorkloadChoice& workload, const Work& work, const ModelEntry& entry, const Place& place) {
    const ModelInfo& model = entry.info;
    const LoadAsked& load = asked_.load;
    TrialSpec cell{.model = std::string(model.name),
                   .settings = place.settings,
                   .workload = workload.name(),
                   .parameters = workload.parameters,
                   .load = {.kind = load.kind,
                            .concurrency = std::min(place.in_flight, model.most_in_flight),
                            .tasks = load.tasks > 0 && place.unasked ? baseline_tasks(load.tasks, work) : load.tasks,
                            .rate_per_s = place.rate_per_s,
                            .poisson = load.poisson,
                            .shed = load.shed},
                   .workers = std::min(place.workers, model.most_workers),
                   .is_baseline = model.baseline,
                   .runtime_name = entry.runtime,
                   .unasked = place.unasked,
                   .tasks_asked = load.tasks,
                   .max_memory_bytes = asked_.max_memory_bytes};
    const bool is_there = std::any_of(cells_.begin(), cells_.end(),
                                      [&](const Entry& other) { return cell_key(other.cell) == cell_key(cell); });
    if (is_there) return;
    check_connections(workload, work, cell.load.concurrency);
    cells_.push_back({std::move(cell), time_to_fill(work), longest_wait(work), entry.warmup});
  }

  const Asked& asked_;
  std::vector<Entry> cells_;
};

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
  const Asked asked = read_arguments(arguments, host_facts());
  SweepPlan plan{.trials = {},
                 .cells = {},
                 .repetitions = arguments.repetitions,
                 .seed = arguments.seed,
                 .precision = parse_precision(arguments)};
  CellList cells(asked);
  for (const WorkloadChoice& workload : asked.workloads) {
    const Work work = workload.draw(arguments.seed, 1);
    plan.needs_peer = plan.needs_peer || work.lanes() > 0;
    cells.add(workload, work);
  }
  plan.cells = cells.with_times(arguments);
  plan.trials = order_trials(plan.cells, arguments.repetitions, arguments.seed);
  for (const TrialSpec& trial : plan.trials) plan.expected += expected_time(trial);
  return plan;
}

}  // namespace cbench
