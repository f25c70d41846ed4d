#include "harness/finished_tasks.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "text/human.hpp"
#include "workloads/script.hpp"

namespace cbench {
namespace {

constexpr std::size_t slices = 20;
constexpr std::size_t first_tasks = 1000;
constexpr std::uint64_t rounding_ns = 1000;  // of languages whose numbers are doubles
constexpr double timer_error = 0.005;        // of a wait, as of those that are counted

std::runtime_error wrong(const FinishedTask& task, std::string_view what) {
  return std::runtime_error(fmt::format("its task of slot {}, turn {}: {}", task.slot, task.turn, what));
}

void check_turns(const TrialOrder& order, std::vector<FinishedTask>& tasks) {
  const std::uint32_t concurrency = order.load.concurrency;
  for (const FinishedTask& task : tasks) {
    if (task.slot >= concurrency) throw wrong(task, fmt::format("there are {} slots", concurrency));
    if (task.scheduled_ns > task.start_ns || task.start_ns > task.finish_ns) throw wrong(task, "its instants go back");
  }
  if (order.load.kind == LoadKind::fixed) {
    std::ranges::sort(tasks, {}, &FinishedTask::turn);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      if (tasks[i].turn != i) throw wrong(tasks[i], fmt::format("turn {} is missing or there twice", i));
    }
    return;
  }
  std::ranges::sort(tasks, {}, [](const FinishedTask& task) { return std::tie(task.slot, task.turn); });
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (i == 0 || tasks[i].slot != tasks[i - 1].slot) next = order.work.first_turn(tasks[i].slot, concurrency);
    if (tasks[i].turn != next++) throw wrong(tasks[i], fmt::format("turn {} is missing or there twice", next - 1));
  }
}

// A slot is a place for one task, which the one before has left.
void check_slots(std::vector<FinishedTask>& tasks) {
  std::ranges::sort(tasks, {},
                    [](const FinishedTask& task) { return std::tie(task.slot, task.scheduled_ns, task.finish_ns); });
  for (std::size_t i = 1; i < tasks.size(); ++i) {
    if (tasks[i].slot != tasks[i - 1].slot || tasks[i].scheduled_ns + rounding_ns >= tasks[i - 1].finish_ns) continue;
    throw wrong(tasks[i],
                fmt::format("it was scheduled {} before that of turn {} had finished in its slot",
                            human_us(static_cast<double>(tasks[i - 1].finish_ns - tasks[i].scheduled_ns) / 1e3),
                            tasks[i - 1].turn));
  }
}

void check_work(const TrialOrder& order, const std::vector<FinishedTask>& tasks, const Lived& lived) {
  std::vector<double> waits_ns;
  for (std::size_t i = 0; i < order.work.distinct(); ++i) {
    waits_ns.push_back(static_cast<double>(waiting_of(order.work.script(i)).count()));
  }
  for (const FinishedTask& task : tasks) {
    if (task.scheduled_ns + rounding_ns < lived.started_ns) throw wrong(task, "it began before its trial");
    if (task.finish_ns > lived.heard_ns) throw wrong(task, "it finished after the parent had heard of it");
    const std::uint32_t script = order.work.script_of(task.turn % order.work.turns());
    if (task.digest != order.work.expected(script)) {
      throw wrong(task, fmt::format("the digest is {:016x} instead of {:016x}: it did other work than asked for",
                                    task.digest, order.work.expected(script)));
    }
    const auto served = static_cast<double>(task.finish_ns - task.start_ns);
    if (served + static_cast<double>(rounding_ns) < waits_ns[script] * (1 - timer_error)) {
      throw wrong(task, fmt::format("it was served in {}, though it waits for {}", human_us(served / 1e3),
                                    human_us(waits_ns[script] / 1e3)));
    }
  }
}

}  // namespace

void count_finished(const TrialOrder& order, const WindowEvent& window, RecordEvent& record, const Lived& lived) {
  if (order.load.kind == LoadKind::open) throw std::runtime_error("it lists the tasks of an open load");
  std::vector<FinishedTask>& tasks = record.finished;
  check_turns(order, tasks);
  check_slots(tasks);
  check_work(order, tasks, lived);
  const bool fixed = order.load.kind == LoadKind::fixed;
  const std::vector<std::string>& classes = order.work.classes();
  const bool has_classes = classes.size() > 1 || !classes.front().empty();
  std::vector<std::uint64_t> of_slot(order.load.concurrency);
  std::vector<bool> settled(order.load.concurrency);
  if (has_classes) {
    for (const std::string& name : classes) record.classes[name];
  }
  record.tasks_total = tasks.size();
  if (!record.units_known) record.units = tasks.size();
  record.slices.assign(fixed ? 0 : slices, 0);
  for (const FinishedTask& task : tasks) {
    const std::uint32_t script = order.work.script_of(task.turn % order.work.turns());
    record.difference += task.digest - (order.work.expected(script) + order.digest_salt);
    if (task.finish_ns < window.begin_ns) settled[task.slot] = true;
    if (fixed) record.finish_ns = std::max(record.finish_ns.value_or(0), task.finish_ns);
    if (task.finish_ns < window.begin_ns || (window.end_ns && task.finish_ns >= *window.end_ns)) continue;
    ++record.tasks;
    ++of_slot[task.slot];
    record.queueing.record(task.start_ns - task.scheduled_ns);
    record.service.record(task.finish_ns - task.start_ns);
    record.response.record(task.finish_ns - task.scheduled_ns);
    if (has_classes) record.classes[classes[order.work.class_of(script)]].record(task.finish_ns - task.scheduled_ns);
    if (!fixed && window.end_ns) {
      ++record.slices[(task.finish_ns - window.begin_ns) * slices / (*window.end_ns - window.begin_ns)];
    }
  }
  record.settled = fixed || std::ranges::all_of(settled, [](bool one) { return one; });
  const auto [fewest, most] = std::ranges::minmax(of_slot);
  record.fewest_of_a_slot = fewest;
  record.most_of_a_slot = most;
  std::ranges::sort(tasks, {}, &FinishedTask::finish_ns);
  if (!tasks.empty()) record.first_finish_ns = tasks.front().finish_ns;
  record.first_service.emplace();
  for (std::size_t i = 0; i < std::min(tasks.size(), first_tasks); ++i) {
    record.first_service->record(tasks[i].finish_ns - tasks[i].start_ns);
  }
  tasks.clear();
}

}  // namespace cbench
