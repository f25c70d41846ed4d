#include "record/columns.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "record/column_rows.hpp"

namespace cbench {
namespace {

using namespace column_rows;

constexpr std::uint64_t oldest_schema_version = 1;  // that is read

ClassLatency& class_named(std::string_view name, TrialRecord& record) {
  const auto found = std::ranges::find(record.classes, name, &ClassLatency::name);
  return found != record.classes.end() ? *found : record.classes.emplace_back(ClassLatency{.name = std::string(name)});
}

// Columns do not know which classes there will be: a column holds a value for each.
template <class Known, class Write>
std::string classes_text(const TrialRecord& record, Known known, Write write) {
  TextMap map;
  for (const ClassLatency& one : record.classes) {
    std::string name = one.name;
    std::ranges::replace(name, '=', '_');
    if (known(one)) map.emplace(std::move(name), write(one));
  }
  return to_text(map);
}

constexpr Column class_column(std::string_view name, std::string_view unit, std::string_view summary) {
  return {.name = name,
          .unit = unit,
          .part = ColumnPart::result,
          .kind = ColumnKind::map,
          .filled = Filled::given,
          .summary = summary,
          .zero = [](const TrialRecord& record) { return record.classes.empty(); },
          .added_later = true};
}

constexpr Column class_tasks_column() {
  Column column = class_column("class_tasks", "tasks",
                               "Where tasks are of several classes: how many of each finished within the window.");
  column.write = [](const TrialRecord& record) {
    return classes_text(
        record, [](const ClassLatency&) { return true; }, [](const ClassLatency& one) { return to_text(one.tasks); });
  };
  column.read = [](std::string_view text, TrialRecord& record) {
    TextMap map;
    from_text(text, map);
    for (const auto& [name, value] : map) from_text(value, class_named(name, record).tasks);
  };
  return column;
}

// A percentile of a class, `beyond` in 1,000 of whose tasks lie beyond it: known where these are ten or more.
template <double LatencySummary::*value, std::uint64_t beyond>
constexpr Column class_time_column(std::string_view name, std::string_view summary) {
  Column column = class_column(name, "us", summary);
  column.write = [](const TrialRecord& record) {
    return classes_text(
        record, [](const ClassLatency& one) { return one.tasks * beyond >= 10'000; },
        [](const ClassLatency& one) { return to_text(one.response.*value); });
  };
  column.read = [](std::string_view text, TrialRecord& record) {
    TextMap map;
    from_text(text, map);
    for (const auto& [name_of_class, time] : map) from_text(time, class_named(name_of_class, record).response.*value);
  };
  return column;
}

constexpr Column version_column() {
  return {.name = "schema_version",
          .part = ColumnPart::spec,
          .kind = ColumnKind::count,
          .filled = Filled::always,
          .summary = "Of this table; a program that knows another version refuses the row.",
          .zero = [](const TrialRecord&) { return false; },
          .write = [](const TrialRecord&) { return to_text(static_cast<unsigned>(schema_version)); },
          .read =
              [](std::string_view text, TrialRecord&) {
                std::uint64_t version = 0;
                from_text(text, version);
                if (std::string why = why_not_read(version); !why.empty()) throw std::runtime_error("schema " + why);
              }};
}

using Spec = TrialSpec;
using Record = TrialRecord;

constexpr std::array table{
    version_column(),
    result<&Record::status>(
        "status", "", Filled::always,
        "ok, failed, timed_out (ended by the watchdog), unsupported (the model has no native way to do it), overloaded "
        "(of an open load: the model could not keep up) or invalid (of an open load: the generator or the peer was the "
        "bottleneck)."),
    result<&Record::reason>("reason", "", Filled::given, "Why the trial is not ok."),

    spec<&Spec::model>("model", "", Filled::always, "The concurrency model."),
    spec<&Spec::settings>("settings", "", Filled::given, "Settings of the model that differ from its defaults."),
    spec<&Spec::workload>("workload", "", Filled::always, "The workload."),
    spec<&Spec::parameters>("parameters", "", Filled::given, "Parameters of the workload, defaults included."),
    load<&LoadSpec::kind>(
        "load", "", Filled::always,
        "closed (each task that finishes brings the next), fixed (a given number of tasks) or open (tasks "
        "arrive at a given rate)."),
    spec<&Spec::workers>("workers", "", Filled::always, "Threads, loops or processes that the model may own."),
    load<&LoadSpec::concurrency>("concurrency", "tasks", Filled::always,
                                 "Tasks in flight; of an open load, the most there may be."),
    spec<&Spec::repetition>("repetition", "", Filled::always,
                            "Which repetition of the same cell, from 1, each in a process of its own."),
    spec<&Spec::seed>("seed", "", Filled::always, "What the random demands of the tasks were drawn from."),
    spec<&Spec::unasked>("baseline", "", Filled::always,
                         "Whether the trial ran because every speedup needs it, not because it was asked for."),
    since_2(spec<&Spec::is_baseline>("is_baseline", "", Filled::always,
                                     "Whether the model is the baseline that the speedups of its runtime's models are "
                                     "measured against.")),
    since_2(spec<&Spec::runtime_name>("runtime_name", "", Filled::given,
                                      "The runtime of another language that the model is one of, as its manifest calls "
                                      "it; none of native models.")),
    load<&LoadSpec::warmup>(
        "warmup_s", "s", Filled::always,
        "How long tasks were to run before the window opened, at least: it opens once every slot has finished "
        "one, or a window's length later."),
    load<&LoadSpec::duration>("duration_s", "s", Filled::given, "The window that was asked for; none of a fixed load."),
    load<&LoadSpec::tasks>("fixed_tasks", "tasks", Filled::given, "How many tasks a fixed load had to finish."),
    load<&LoadSpec::rate_per_s>("rate_per_s", "1/s", Filled::open_load, "Tasks a second that an open load offered."),
    arrivals_column(),
    late_column(),

    result<&Record::tasks>("tasks", "tasks", Filled::when_ok, "Tasks that finished within the window."),
    result<&Record::tasks_total>("tasks_total", "tasks", Filled::when_ok,
                                 "Tasks that finished at all, warm-up and draining included."),
    result<&Record::window_s>(
        "window_s", "s", Filled::when_ok,
        "The measured time; of a fixed load the makespan, from the first task's start to the last "
        "one's finish."),
    result<&Record::throughput_per_s>(
        "throughput_per_s", "1/s", Filled::when_ok,
        "tasks / window_s; with one task in flight 1 / response_mean, corrected by what is known of the kinds of tasks "
        "that the window did not meet as often as they come."),
    steady_state_column(),
    since_2(result<&Record::littles_in_flight>(
        "littles_in_flight", "tasks", Filled::sampled,
        "throughput_per_s x response_mean: by Little's law the tasks in flight of a closed load. Where it is not, most "
        "tasks outlast the window, and the times are not theirs.")),
    since_2(result<&Record::in_service_mean>(
        "in_service_mean", "tasks", Filled::given,
        "throughput_per_s x service_mean: by Little's law the tasks that were in service at once, begun and not "
        "finished; the others in flight waited for their turn.")),
    since_2(result<&Record::settled>("settled", "", Filled::always,
                                     "Whether every slot had finished a task when the window opened.")),
    result<&Record::ideal_per_s>(
        "ideal_per_s", "1/s", Filled::demands,
        "The limit that no model can pass, as far as the demands are known: min(n / demand_cpu, C / (demand_cpu + "
        "demand_wait), 1 / demand_lock) with n the workers, at most the CPUs allowed, and C the tasks in flight; of "
        "fixed work of N tasks N / (ceil(N / C) x demand_shortest) where that is less. Empty after a repetition of "
        "the baseline in which no task finished: others met the shorter ones."),
    result<&Record::efficiency>("efficiency", "1", Filled::demands, "throughput_per_s / ideal_per_s."),
    result<&Record::demand_cpu_us>(
        "demand_cpu_us", "us", Filled::demands,
        "CPU time that one task takes by itself: on the idle baseline, or of its computing "
        "alone where it waits. Of other models the mean of the baseline's repetitions up to then."),
    result<&Record::demand_wait_us>(
        "demand_wait_us", "us", Filled::demands,
        "Time that one task waits on the idle baseline: the mean of what its scripts ask for, and what was "
        "measured beyond that; of other models the mean, likewise."),
    result<&Record::demand_path_us>(
        "demand_path_us", "us", Filled::given,
        "Where branches of a task run side by side: its longest chain of steps, with the time on the wire of "
        "the requests among them; it takes the place of demand_cpu + demand_wait in the limit."),
    since_2(result<&Record::demand_shortest_us>(
        "demand_shortest_us", "us", Filled::given,
        "The shortest task on the idle baseline, or by its script where the baseline met none of its kind; of other "
        "models the shortest of the baseline's repetitions up to then.")),
    since_2(result<&Record::demand_lock_us>(
        "demand_lock_us", "us", Filled::given,
        "How long a task holds the lock that it holds longest, by its script: at most one task does so at a time.")),

    result<&Record::response, &Latency::mean_us>("response_mean_us", "us", Filled::timed,
                                                 "Response time, from when the task was due to its finish: mean."),
    result<&Record::response, &Latency::p50_us>("response_p50_us", "us", Filled::timed, "Response time: median."),
    result<&Record::response, &Latency::p90_us>("response_p90_us", "us", Filled::timed,
                                                "Response time: 90 % of the tasks took at most this."),
    result<&Record::response, &Latency::p99_us>("response_p99_us", "us", Filled::timed,
                                                "Response time: 99 % of the tasks took at most this."),
    result<&Record::response, &Latency::p999_us>("response_p999_us", "us", Filled::timed,
                                                 "Response time: 99.9 % of the tasks took at most this."),
    result<&Record::response, &Latency::max_us>("response_max_us", "us", Filled::timed, "Response time: the longest."),
    class_tasks_column(),
    class_time_column<&Latency::p50_us, 500>("class_p50_us", "Response time of each class: median."),
    class_time_column<&Latency::p90_us, 100>("class_p90_us",
                                             "Response time of each class: 90 % of its tasks took at most this."),
    class_time_column<&Latency::p99_us, 10>("class_p99_us",
                                            "Response time of each class: 99 % of its tasks took at most this; only "
                                            "where ten of its tasks or more lie beyond it, here and above."),
    class_time_column<&Latency::p999_us, 1>("class_p999_us",
                                            "Response time of each class: 99.9 % of its tasks took at most this."),
    result<&Record::queueing, &Latency::mean_us>("queueing_mean_us", "us", Filled::timed,
                                                 "Queueing delay, from when the task was due to its start: mean."),
    result<&Record::queueing, &Latency::p50_us>("queueing_p50_us", "us", Filled::timed, "Queueing delay: median."),
    result<&Record::queueing, &Latency::p90_us>("queueing_p90_us", "us", Filled::timed,
                                                "Queueing delay: 90 % of the tasks waited at most this."),
    result<&Record::queueing, &Latency::p99_us>("queueing_p99_us", "us", Filled::timed,
                                                "Queueing delay: 99 % of the tasks waited at most this."),
    result<&Record::queueing, &Latency::p999_us>("queueing_p999_us", "us", Filled::timed,
                                                 "Queueing delay: 99.9 % of the tasks waited at most this."),
    result<&Record::queueing, &Latency::max_us>("queueing_max_us", "us", Filled::timed, "Queueing delay: the longest."),
    result<&Record::service, &Latency::mean_us>("service_mean_us", "us", Filled::timed,
                                                "Service time, from the task's start to its finish: mean."),
    result<&Record::service, &Latency::p50_us>("service_p50_us", "us", Filled::timed, "Service time: median."),
    result<&Record::service, &Latency::p90_us>("service_p90_us", "us", Filled::timed,
                                               "Service time: 90 % of the tasks took at most this."),
    result<&Record::service, &Latency::p99_us>("service_p99_us", "us", Filled::timed,
                                               "Service time: 99 % of the tasks took at most this."),
    result<&Record::service, &Latency::p999_us>("service_p999_us", "us", Filled::timed,
                                                "Service time: 99.9 % of the tasks took at most this."),
    result<&Record::service, &Latency::max_us>("service_max_us", "us", Filled::timed, "Service time: the longest."),

    result<&Record::cpu_s>(
        "cpu_s", "s", Filled::cpu_read,
        "CPU time, user and system, that the trial's processes used within the window. Empty, as all "
        "that rests on CPU time, where it was read of another time: the window was too short, or "
        "the machine too busy."),
    result<&Record::cpu_per_task_us>("cpu_per_task_us", "us", Filled::cpu_of_tasks,
                                     "CPU time a task: cpu_s over the tasks of the time that it was read over."),
    result<&Record::context_switches_voluntary>("context_switches_voluntary", "", Filled::given,
                                                "How often a thread of the trial gave up its CPU within the window. "
                                                "Empty where a runtime does not tell."),
    result<&Record::context_switches_involuntary>("context_switches_involuntary", "", Filled::given,
                                                  "How often a thread of the trial lost its CPU within the window; "
                                                  "empty likewise."),
    result<&Record::peak_rss_bytes>(
        "peak_rss_bytes", "bytes", Filled::given,
        "Most resident memory of the trial's processes at once; what the kernel holds for them is beside it."),
    since_2(result<&Record::peak_kernel_bytes>(
        "peak_kernel_bytes", "bytes", Filled::given,
        "Most memory that the kernel held for the trial: stacks of threads, page tables, sockets.")),
    since_2(result<&Record::peak_virtual_bytes>("peak_virtual_bytes", "bytes", Filled::given,
                                                "Most address space that the trial's processes had.")),
    since_2(result<&Record::bytes_per_task>(
        "bytes_per_task", "bytes", Filled::given,
        "Memory for each task in flight: resident and kernel, beyond what there was before the first task.")),
    result<&Record::units_created>(
        "units_created", "", Filled::when_run,
        "How many threads, fibers, frames, messages or processes the model made, whatever it "
        "calls its unit."),
    result<&Record::os_threads>("os_threads", "threads", Filled::given,
                                "Most threads of the operating system seen at once, in all processes of the trial."),
    result<&Record::slot_spread>("slot_spread", "1", Filled::when_run,
                                 "Most over fewest tasks that a slot finished within the window, beyond what the order "
                                 "of unequal tasks makes of "
                                 "it: 1 is fair; 0 means that a slot finished none, though it had time for some."),
    digest<&Record::digest>("digest",
                            "Proof of work, 16 hexadecimal digits: equal to digest_expected where every task "
                            "did its work."),
    digest<&Record::digest_expected>("digest_expected",
                                     "The workload's digest: two trials with the same one ran the same tasks."),

    arrived<&Arrived::offered_per_s>("offered_per_s", "1/s", "Tasks of an open load that were due, a second."),
    arrived<&Arrived::due>("arrivals_due", "tasks", "Tasks of an open load that were due within the window."),
    arrived<&Arrived::late>("arrivals_late", "tasks",
                            "Of those due within the window, those that found no free slot and waited for one."),
    arrived<&Arrived::shed>("arrivals_shed", "tasks",
                            "Of those due within the window, those that found no free slot and were dropped."),
    arrived<&Arrived::unfinished>("arrivals_unfinished", "tasks",
                                  "Of those due within the window, those that had not finished when the trial gave "
                                  "up: no response time is theirs."),
    arrived<&Arrived::backlog_begin>("backlog_begin", "tasks",
                                     "Tasks that were due and had not finished when the window opened."),
    arrived<&Arrived::backlog_mean>("backlog_mean", "tasks", "The same, the mean over the time of the window."),
    arrived<&Arrived::backlog_end>("backlog_end", "tasks",
                                   "The same, when the window closed. Where the model keeps up it is about the mean; "
                                   "where it cannot, up to twice that."),
    arrived<&Arrived::lag_p50_us>("generator_lag_p50_us", "us",
                                  "How long after it was due a task that found a free slot was submitted: median."),
    arrived<&Arrived::lag_p99_us>("generator_lag_p99_us", "us", "The same, for 99 % of them at most."),
    arrived<&Arrived::lag_max_us>("generator_lag_max_us", "us", "The same, the longest."),
    since_2(result<&Record::arrived, &Arrived::generator_cpu_share>(
        "generator_cpu_share", "CPUs", Filled::given,
        "CPU that bringing the tasks of an open load took, as a share of one CPU; it is among cpu_s.")),

    result<&Record::peer_cpu_share>("peer_cpu_share", "CPUs", Filled::cpu_read,
                                    "CPU that the peer used over the window, as a share of one CPU."),
    result<&Record::foreign_cpu_share>(
        "foreign_cpu_share", "CPUs", Filled::given,
        "CPU that neither the trial, the peer nor cbench itself used, busy or stolen, as a "
        "share of one CPU. Empty of a window of fewer than ten ticks of the kernel's clock, mostly 100 ms."),
    result<&Record::steal_share>("steal_share", "CPUs", Filled::given,
                                 "CPU that the hypervisor took, as a share of one CPU; empty likewise."),
    since_2(result<&Record::own_cpu_share>("own_cpu_share", "CPUs", Filled::given,
                                           "CPU that cbench itself used beside the trial, as a share of one CPU.")),
    since_2(result<&Record::compiler_cpu_share>(
        "compiler_cpu_share", "CPUs", Filled::given,
        "CPU that the runtime used for compiling the program within the window, as a share of "
        "one CPU, where its threads tell.")),
    since_2(result<&Record::collector_cpu_share>(
        "collector_cpu_share", "CPUs", Filled::given,
        "CPU that the runtime's threads for collecting garbage used within the window, as a share of one CPU, where "
        "they tell.")),
    since_2(result<&Record::peer_replies>("peer_replies", "", Filled::given,
                                          "Replies that the peer sent within the window, by its own count.")),
    result<&Record::load_average>("load_average", "1", Filled::when_run,
                                  "Load average of the last minute, before the trial."),
    result<&Record::setup_s>("setup_s", "s", Filled::when_run,
                             "From the start of the trial's process to the first task."),
    since_2(result<&Record::cold_start_s>("cold_start_s", "s", Filled::given,
                                          "From the start of the trial's process until its first task finished, where "
                                          "the model says so.")),
    since_2(result<&Record::first_service_us>("first_service_us", "us", Filled::given,
                                              "Mean service time of the first 1,000 tasks that finished, warm-up "
                                              "included, where the model says so.")),
    result<&Record::started_at>("started_at", "", Filled::given, "When the trial started: UTC, ISO 8601."),
    result<&Record::warnings>("warnings", "", Filled::given, "What a reader should know beside the numbers."),

    build<&BuildFacts::version>("cbench_version", "", Filled::given, "The version of cbench."),
    host<&HostFacts::cpu_model>("cpu_model", "", Filled::given, "The CPU."),
    host<&HostFacts::cpus_online>("cpus_online", "CPUs", Filled::given, "CPUs of the machine."),
    host<&HostFacts::cpus_allowed>("cpus_allowed", "CPUs", Filled::given,
                                   "CPUs that the process may use, by affinity."),
    host<&HostFacts::cpu_quota>(
        "cpu_quota", "CPUs", Filled::given,
        "CPUs that the process may use, by the quota of its cgroup; empty where there is none."),
    host<&HostFacts::memory_bytes>("memory_bytes", "bytes", Filled::given, "Physical memory of the machine."),
    host<&HostFacts::kernel>("kernel", "", Filled::given, "The operating system's kernel."),
    host<&HostFacts::governor>("governor", "", Filled::given, "The governor of the CPU's frequency."),
    since_2(host<&HostFacts::idle>(
        "idle", "", Filled::given,
        "What CPUs do that have nothing to do: \"kept awake\" by --keep-awake; empty where the kernel halts them.")),
    since_2(host<&HostFacts::peers>("peers", "1", Filled::given, "Threads of the peer (--peers).")),
    host<&HostFacts::clock>("clock", "", Filled::given, "The clock behind every time."),
    build<&BuildFacts::compiler>("compiler", "", Filled::given, "The compiler, with version and flags."),
    build<&BuildFacts::build_type>("build_type", "", Filled::given, "How cbench was built."),
    build<&BuildFacts::allocator>("allocator", "", Filled::given, "The memory allocator."),
    build<&BuildFacts::libraries>("libraries", "", Filled::given, "Versions of the libraries behind the models."),
    since_2(result<&Record::runtime>("runtime", "", Filled::given,
                                     "What the model runs on: the name and version of its runtime, and what else that "
                                     "says of itself.")),

    trial_id_column(),  // stays the last: see there
};
static_assert(table.back().name == "trial_id");

bool ran(const TrialRecord& record) { return is_finding(record.status) || record.status == Status::invalid; }

bool is_known(const Column& column, const TrialRecord& record) {
  const bool zero = column.zero(record);
  switch (column.filled) {
    case Filled::always: return true;
    case Filled::when_ok:
    case Filled::when_run: return !zero || ran(record);
    case Filled::sampled: return record.tasks > 0 && (!zero || ran(record));
    case Filled::cpu_read: return !zero || (ran(record) && record.cpu_s > 0);
    case Filled::cpu_of_tasks: return !zero || (record.tasks > 0 && ran(record) && record.cpu_s > 0);
    case Filled::timed: return tasks_timed(record) > 0 && (!zero || ran(record));
    case Filled::demands: return record.demand_cpu_us > 0 || record.demand_wait_us > 0;
    case Filled::open_load: return record.spec.load.kind == LoadKind::open;
    case Filled::open_run: return record.spec.load.kind == LoadKind::open && ran(record);
    case Filled::given: return !zero;
  }
  return true;
}

}  // namespace

std::string why_not_read(std::uint64_t version) {
  if (version >= oldest_schema_version && version <= schema_version) return "";
  return fmt::format("version {}, but this program reads {}", version,
                     oldest_schema_version == schema_version
                         ? fmt::format("version {}", schema_version)
                         : fmt::format("versions {} to {}", oldest_schema_version, schema_version));
}

std::string Column::text(const TrialRecord& record) const { return is_known(*this, record) ? write(record) : ""; }

void Column::parse(std::string_view text, TrialRecord& record) const {
  if (!text.empty()) {
    read(text, record);
  } else if (filled == Filled::always) {
    throw std::runtime_error("must not be empty");
  }
}

std::span<const Column> columns() { return table; }

const Column* find_column(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Column::name);
  return found == table.end() ? nullptr : &*found;
}

}  // namespace cbench
