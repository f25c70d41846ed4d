#include "harness/finished_tasks.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <vector>

#include <fmt/format.h>

namespace cbench {
namespace {

constexpr std::size_t slices = 20;
constexpr std::size_t first_tasks = 1000;

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
  std::ranges::sort(tasks, [](const FinishedTask& a, const FinishedTask& b) {
    return std::tie(a.slot, a.turn) < std::tie(b.slot, b.turn);
  });
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (i == 0 || tasks[i].slot != tasks[i - 1].slot) next = tasks[i].slot;
    if (tasks[i].turn != next++) throw wrong(tasks[i], fmt::format("turn {} is missing or there twice", next - 1));
  }
}

}  // namespace

void count_finished(const TrialOrder& order, const WindowEvent& window, RecordEvent& record) {
  if (order.load.kind == LoadKind::open) throw std::runtime_error("it lists the tasks of an open load");
  std::vector<FinishedTask>& tasks = record.finished;
  check_turns(order, tasks);
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
