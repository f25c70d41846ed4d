#include "micro/models.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "harness/load.hpp"
#include "micro/team.hpp"
#include "system/process_tree.hpp"
#include "workloads/workload.hpp"

namespace cbench::micro {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t batch = 1000;
constexpr std::uint32_t in_flight_per_worker = 4;  // where tasks contend: enough for somebody to wait always

double cpu_seconds_of_this_tree() {
  double seconds = 0;
  for (const pid_t process : process_tree(getpid())) seconds += cpu_seconds_of(process);
  return seconds;
}

// How tasks come to the model.
enum class Arrival : std::uint8_t {
  one_by_one,  // from outside, the next when the one before is over
  in_batches,  // from outside, as many as there are slots; then all are awaited
  successors,  // the first from outside, the others brought by those that end, on the model's own workers
};

// What is the same for all worker counts of a model's benchmark.
struct Kind {
  std::string_view name;
  Arrival arrival = Arrival::one_by_one;
  Steps script;
  std::uint32_t slots = 1;
  std::uint32_t slots_per_worker = 0;
  std::uint32_t per_task = 1;  // operations: its branches, where these are what is counted

  std::uint32_t slots_for(std::uint32_t workers) const { return slots + slots_per_worker * workers; }
};

std::vector<Kind> kinds() {
  return {{.name = "spawn_join"},
          {.name = "spawn_join_batch", .arrival = Arrival::in_batches, .slots = batch},
          {.name = "reschedule", .arrival = Arrival::successors},
          {.name = "yield", .arrival = Arrival::successors, .slots = 2},
          {.name = "spawn_inside", .arrival = Arrival::successors, .script = fan_out(batch, {}), .per_task = batch},
          {.name = "fork_join", .arrival = Arrival::successors, .script = fan_out(2, {})},
          {.name = "lock",
           .arrival = Arrival::successors,
           .script = critical(0, {}),
           .slots = 0,
           .slots_per_worker = in_flight_per_worker}};
}

// Draws every task beforehand, so that none is left for those that end to bring.
Task draw_all(Load& load, std::uint64_t operations) {
  Task task;
  for (std::uint64_t i = 0; i < operations; ++i) task = *load.first(0);
  return task;
}

void submit_from_outside(const Load& load, Model& model, Task task, std::uint64_t operations) {
  for (std::uint64_t begin = 0; begin < operations; begin += load.slots()) {
    const std::uint64_t count = std::min<std::uint64_t>(operations - begin, load.slots());
    for (std::uint64_t slot = 0; slot < count; ++slot) {
      task.id = begin + slot;
      task.slot = static_cast<std::uint32_t>(slot);
      model.submit(task);
    }
    model.drain();
  }
}

void submit_first_tasks(Load& load, Model& model) {
  for (std::uint32_t slot = 0; slot < load.slots(); ++slot) {
    const auto task = load.first(slot);
    if (!task) break;
    model.submit(*task);
  }
  model.drain();
}

Measurement measure(const ModelInfo& info, const Kind& kind, std::uint32_t workers, std::uint64_t operations) {
  const Work work({kind.script});
  const bool brings_successors = kind.arrival == Arrival::successors;
  const std::uint64_t tasks = (operations + kind.per_task - 1) / kind.per_task;
  Load load(work, kind.slots_for(workers), tasks);
  const Task drawn = brings_successors ? Task{} : draw_all(load, tasks);
  const Connections connections;
  const Environment environment{.load = load,
                                .connections = connections,
                                .workers = workers,
                                .slots = load.slots(),
                                .lanes = 0,
                                .locks = work.locks(),
                                .settings = {}};
  const std::unique_ptr<Model> model = info.make(environment);

  const double cpu_before = cpu_seconds_of_this_tree();
  const auto begin = Clock::now();
  if (brings_successors) {
    submit_first_tasks(load, *model);
  } else {
    submit_from_outside(load, *model, drawn, tasks);
  }
  const std::chrono::duration<double> wall = Clock::now() - begin;
  const std::chrono::duration<double> cpu(cpu_seconds_of_this_tree() - cpu_before);

  // A model notes a task that did other work, a lock that let two in, a worker that died.
  if (const auto failure = load.failure()) throw Defect(*failure);
  if (load.difference() != 0) throw Defect("tasks did other work than asked for");
  check_count("finished tasks", load.recorder().finished(), tasks);
  // Where the last task did more than was left to be done, its share counts.
  const double asked = static_cast<double>(operations) / static_cast<double>(tasks * kind.per_task);
  const auto share = [&](std::chrono::duration<double> time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time * asked);
  };
  return {share(wall), share(cpu)};
}

}  // namespace

void add_models(Benchmarks& benchmarks, std::span<const ModelInfo* const> models, Counts workers) {
  for (const ModelInfo* info : models) {
    if (info->make == nullptr) continue;
    for (const Kind& kind : kinds()) {
      std::set<std::uint32_t> counts;
      for (const std::uint32_t count : workers) {
        // Contention is what grows with the workers; the others show their two ends.
        const bool in_between = count != workers.front() && count != workers.back();
        if (!in_between || kind.slots_per_worker > 0) counts.insert(std::min(count, info->most_workers));
      }
      for (const std::uint32_t count : counts) {
        if (kind.slots_for(count) > info->most_in_flight) continue;
        benchmarks.push_back(
            {fmt::format("model/{}/{}/workers:{}", kind.name, info->name, count), count,
             [info, kind, count](std::uint64_t operations) { return measure(*info, kind, count, operations); }});
      }
    }
  }
}

}  // namespace cbench::micro
