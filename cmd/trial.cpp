#include "cmd/trial.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <CLI/App.hpp>

#include "harness/clock.hpp"
#include "harness/connections.hpp"
#include "harness/host.hpp"
#include "harness/load.hpp"
#include "models/model.hpp"
#include "record/record_json.hpp"
#include "sweep/program_facts.hpp"
#include "system/process_tree.hpp"
#include "text/quantity.hpp"
#include "workloads/demand.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr int record_descriptor = 3;
constexpr auto look_every = 50ms;  // at the load while it runs: for failures and for the series over the window
constexpr int series_slices = 20;
constexpr double most_late_share = 0.1;  // of the window, that the first snapshot may be late

// Everything that is read at both ends of the window.
struct Snapshot {
  Ticks at = 0;
  Usage usage;
  double peer_cpu_s = 0;
  HostActivity host;
  std::uint64_t finished = 0;
};

Snapshot take_snapshot(const TrialSpec& spec, const Load& load) {
  return {.at = ticks::now(),
          .usage = usage_of(process_tree(getpid())),
          .peer_cpu_s = spec.peer_pid == 0 ? 0 : cpu_seconds_of(spec.peer_pid),
          .host = host_activity(),
          .finished = load.recorder().finished()};
}

double seconds_between(Ticks earlier, Ticks later) { return static_cast<double>(ticks::to_ns(earlier, later)) / 1e9; }

// Sleeps until `until`, or less where the load fails meanwhile. Adds a slice to the series whenever one is over; the
// count of finished tasks is there anyway, so that a series costs the tasks nothing. Where the machine was too busy to
// look in time, slices become one: two looks in a row would make a rate out of a few tasks.
class WindowWatch {
 public:
  WindowWatch(const Load& load, Ticks begin, Ticks end)
      : load_(load), begin_(begin), slice_(std::max<Ticks>((end - begin) / series_slices, 1)) {}

  void sleep_until(Ticks until) {
    for (Ticks now = ticks::now(); now < until && !load_.failure(); now = ticks::now()) {
      Ticks next = std::min(until, now + ticks::from_ns(look_every));
      if (now >= begin_) next = std::min(next, std::max(next_slice_, now + 1));
      std::this_thread::sleep_for(std::chrono::nanoseconds(ticks::to_ns(now, next)));
      note_slice();
    }
  }
  std::vector<double> series() const { return series_; }

 private:
  void note_slice() {
    const Ticks now = ticks::now();
    if (now < begin_) return;
    const std::uint64_t finished = load_.recorder().finished();
    if (last_at_ == 0) {
      last_at_ = now;
      last_finished_ = finished;
      next_slice_ = now + slice_;
    } else if (now >= next_slice_) {
      series_.push_back(static_cast<double>(finished - last_finished_) / seconds_between(last_at_, now));
      last_at_ = now;
      last_finished_ = finished;
      while (next_slice_ <= now + slice_ / 2) next_slice_ += slice_;
    }
  }

  const Load& load_;
  const Ticks begin_;
  const Ticks slice_;
  Ticks next_slice_ = 0;
  Ticks last_at_ = 0;
  std::uint64_t last_finished_ = 0;
  std::vector<double> series_;
};

struct Trial {
  const TrialSpec& spec;
  TrialRecord& record;
  Load& load;
  Model& model;
};

void submit_first_tasks(const Trial& trial) {
  for (std::uint32_t slot = 0; slot < trial.load.slots(); ++slot) {
    const auto task = trial.load.first(slot);
    if (!task || trial.load.failure()) return;
    trial.model.submit(*task);
  }
}

// Fills in what happened between two snapshots.
void note_window(const Trial& trial, const Snapshot& before, const Snapshot& after) {
  TrialRecord& record = trial.record;
  record.cpu_s = after.usage.cpu_s - before.usage.cpu_s;
  record.context_switches_voluntary = after.usage.voluntary_switches - before.usage.voluntary_switches;
  record.context_switches_involuntary = after.usage.involuntary_switches - before.usage.involuntary_switches;
  record.load_average = before.host.load_average;
  const double elapsed_s = seconds_between(before.at, after.at);
  const double peer_cpu_s = after.peer_cpu_s - before.peer_cpu_s;
  record.peer_cpu_share = elapsed_s > 0 ? std::max(0.0, peer_cpu_s / elapsed_s) : 0;
  const auto foreign = foreign_activity(before.host, after.host, elapsed_s, record.cpu_s + peer_cpu_s);
  record.foreign_cpu_share = foreign.foreign_cpu_share;
  record.steal_share = foreign.steal_share;
  // CPU time is spread over all tasks that ended between the snapshots, which were taken just outside the window.
  const std::uint64_t finished = after.finished - before.finished;
  if (finished > 0) record.cpu_per_task_us = record.cpu_s * 1e6 / static_cast<double>(finished);
}

void run_closed(const Trial& trial) {
  submit_first_tasks(trial);
  const Ticks begin = ticks::now() + ticks::from_ns(trial.spec.load.warmup);
  const Ticks end = begin + ticks::from_ns(trial.spec.load.duration);
  trial.load.set_window(begin, end);
  WindowWatch watch(trial.load, begin, end);
  watch.sleep_until(begin);
  const Snapshot before = take_snapshot(trial.spec, trial.load);
  watch.sleep_until(end);
  const Snapshot after = take_snapshot(trial.spec, trial.load);
  trial.record.window_s = seconds_between(begin, end);
  trial.record.series_per_s = watch.series();
  if (seconds_between(begin, before.at) > most_late_share * trial.record.window_s) {
    trial.record.warnings.emplace_back(
        "the machine was too busy for the harness to run when the window began: CPU time is not that of the window");
  }
  note_window(trial, before, after);
  trial.model.drain();
}

void run_fixed(const Trial& trial) {
  trial.load.set_window(0, UINT64_MAX);
  const Snapshot before = take_snapshot(trial.spec, trial.load);
  submit_first_tasks(trial);
  trial.model.drain();
  const Snapshot after = take_snapshot(trial.spec, trial.load);
  trial.record.window_s = seconds_between(before.at, after.at);
  note_window(trial, before, after);
}

void note_work(const Trial& trial) {
  TrialRecord& record = trial.record;
  const Recorder& recorder = trial.load.recorder();
  record.queueing = summarise(recorder.queueing());
  record.service = summarise(recorder.service());
  record.response = summarise(recorder.response());
  record.tasks = record.response.histogram->total();
  record.tasks_total = recorder.finished();
  if (record.spec.load.kind == LoadKind::closed && record.spec.load.concurrency == 1 && record.tasks > 0) {
    // With one task in flight, Little's law is exact, and whole tasks in a window too coarse: 9 or 10 of 100 ms a
    // second.
    record.throughput_per_s = 1e6 / record.response.mean_us;
  } else if (record.window_s > 0) {
    record.throughput_per_s = static_cast<double>(record.tasks) / record.window_s;
  }
  record.slot_spread = trial.load.slot_spread();
  record.digest = trial.load.digest();
}

// The demands of the script, which the ideal throughput is made of. Only `sequential` can tell: nothing runs beside it.
void note_demands(const Trial& trial) {
  TrialRecord& record = trial.record;
  const bool waits = trial.load.work().waiting() > 0ns || trial.load.work().steps().requests > 0;
  // Where a script waits, CPU time on `sequential` is mostly that of falling asleep and waking up, which is the
  // model's cost and not the work's: then the demand is that of the script's computing alone.
  record.demand_cpu_us = waits ? least_demand(trial.load.work()).cpu_us : record.cpu_per_task_us;
  record.demand_wait_us = waits ? std::max(0.0, record.service.mean_us - record.demand_cpu_us) : 0;
}

void check_result(TrialRecord& record, const Load& load) {
  record.status = Status::ok;
  if (const auto failure = load.failure()) {
    record.status = Status::failed;
    record.reason = *failure;
  } else if (record.digest != record.digest_expected) {
    record.status = Status::failed;
    record.reason = fmt::format("the digest is {:016x} instead of {:016x}: tasks did other work than asked for",
                                record.digest, record.digest_expected);
  } else if (record.spec.load.kind == LoadKind::fixed && record.tasks != record.spec.load.tasks) {
    record.status = Status::failed;
    record.reason = fmt::format("{} tasks finished instead of {}", record.tasks, record.spec.load.tasks);
  } else if (record.tasks == 0) {
    record.status = Status::failed;
    record.reason =
        fmt::format("no task finished within {}; give a longer --duration", format_duration(record.spec.load.duration));
  }
}

void run(const TrialSpec& spec, TrialRecord& record) {
  const Ticks started = ticks::now();
  const ModelInfo* info = find_model(spec.model);
  if (info == nullptr) throw std::runtime_error(fmt::format("this program has no model \"{}\"", spec.model));
  if (info->make == nullptr) throw std::runtime_error(fmt::format("{} is absent: {}", info->name, info->absent));
  const WorkloadInfo* workload = find_workload(spec.workload);
  if (workload == nullptr) throw std::runtime_error(fmt::format("this program has no workload \"{}\"", spec.workload));

  const Parameters parameters = read_parameters(workload->parameters, spec.parameters);
  record.spec.parameters = parameters.text();
  const Work work(workload->draw({parameters, spec.seed, spec.workers}));
  record.digest_expected = work.digest();

  const Connections connections =
      work.lanes() == 0 ? Connections() : Connections(spec.peer_port, spec.load.concurrency, work.lanes());
  Load load(work, spec.load.concurrency, spec.load.tasks);
  const Environment environment{.load = load,
                                .connections = connections,
                                .workers = spec.workers,
                                .slots = spec.load.concurrency,
                                .lanes = work.lanes(),
                                .locks = work.locks(),
                                .settings = spec.settings};
  const std::unique_ptr<Model> model = info->make(environment);
  const Trial trial{spec, record, load, *model};
  record.setup_s = seconds_between(started, ticks::now());

  if (spec.load.kind == LoadKind::fixed) {
    run_fixed(trial);
  } else {
    run_closed(trial);
  }
  record.units_created = model->units_created();
  record.os_threads = threads_of(process_tree(getpid()));
  record.peak_rss_bytes = peak_memory_of_this_tree();
  note_work(trial);
  if (work.steps().branches > 0) record.demand_path_us = least_demand(work).path_us;
  if (spec.is_baseline) note_demands(trial);
  check_result(record, load);
}

std::string now_utc() { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr))); }

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0)
      throw std::system_error(errno, std::generic_category(), "the record cannot be written to descriptor 3");
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

int trial_command() {
  // Ends with its parent, whatever ends that; and wakes sleepers within microseconds of their time.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == 1) return 1;  // it is dead already
  prctl(PR_SET_TIMERSLACK, 1);
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const TrialRecord record = run_trial_here(parse_spec(text));
  write_all(record_descriptor, to_protocol(record));
  return record.status == Status::ok ? 0 : 1;
}

}  // namespace

TrialRecord run_trial_here(const TrialSpec& spec) {
  TrialRecord record;
  record.spec = spec;
  record.started_at = now_utc();
  record.host = host_facts();
  record.build = build_of_this_program();
  record.runtime = {{"name", "native"}};
  try {
    run(spec, record);
  } catch (const std::exception& error) {
    record.status = Status::failed;
    record.reason = error.what();
  }
  return record;
}

void add_trial_command(CLI::App& app, int& exit_code) {
  CLI::App* trial =
      app.add_subcommand("trial", "Run one trial: a spec as JSON on standard input, the record on descriptor 3");
  trial->group("Used by cbench itself");
  trial->callback([&exit_code] { exit_code = trial_command(); });
}

}  // namespace cbench
