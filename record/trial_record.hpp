// What is asked of one trial and what came of it: the one schema behind every report, and what `cbench trial` reads
// and writes as JSON (docs/protocol.md). Times are nanoseconds or say their unit in the name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/facts.hpp"
#include "record/histogram.hpp"
#include "record/text_map.hpp"
#include "record/trial_spec.hpp"

namespace cbench {

struct TrialRecord;

inline constexpr int schema_version = 2;  // that is written; version 1 is read too

// Fills in what a record of an earlier version lacks.
void upgrade(TrialRecord& record, std::uint64_t version);

enum class Status : std::uint8_t {
  ok,
  failed,       // an error, a crash, a wrong digest, a set-up that was not possible
  timed_out,    // ended by the watchdog
  unsupported,  // the model has no native way to do what was asked
  invalid,      // it ran, but what it measured is not the model: the generator or the peer was the bottleneck
  overloaded,   // of an open load: it ran, and the model could not keep up, which is what was found out
};
// Whether the numbers of such a trial are the model's own.
constexpr bool is_finding(Status status) { return status == Status::ok || status == Status::overloaded; }
std::string_view name_of(Status status);
std::optional<Status> status_named(std::string_view name);

// One of the three times of a task, over all tasks of the window.
struct LatencySummary {
  double mean_us = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
};
struct Latency : LatencySummary {
  std::optional<Histogram> histogram;  // not in CSV
};
Latency summarise(Histogram histogram);

// The response times of one class of tasks.
struct ClassLatency {
  std::string name;
  std::uint64_t tasks = 0;
  Latency response;
};

// What became of the tasks of an open load: of those due within the window, where nothing else is said.
struct Arrived {
  double offered_per_s = 0;
  std::uint64_t due = 0;
  std::uint64_t late = 0;        // found no free slot and waited
  std::uint64_t shed = 0;        // found no free slot and were dropped
  std::uint64_t unfinished = 0;  // had not finished when the trial gave up, and are in no histogram

  // Tasks that were due, and had neither finished nor been shed: at the window's begin, over its time, at its end.
  double backlog_begin = 0;
  double backlog_mean = 0;
  double backlog_end = 0;

  // How long after it was due a task that found a free slot was submitted.
  double lag_p50_us = 0;
  double lag_p99_us = 0;
  double lag_max_us = 0;
  bool generator_is_own = true;    // had a thread of its own: else its lag is the model's doing
  double generator_cpu_share = 0;  // of one CPU
};

// What came of a trial, as numbers of which a cell has one for each repetition. Of a trial that failed they are those
// known when it ended, else 0.
struct Figures {
  // Work. The window is the measured time (closed, open) or the makespan (fixed).
  std::uint64_t tasks = 0;        // finished within the window
  std::uint64_t tasks_total = 0;  // finished at all, warm-up and draining included
  double window_s = 0;
  double throughput_per_s = 0;
  bool settled = true;               // every slot had finished a task when the window opened
  std::optional<bool> steady_state;  // whether throughput kept its level (steady_state.hpp); nothing: it cannot be told
  std::uint64_t digest = 0;          // the workload's digest plus, over all tasks, (returned - expected)

  // The limit: min(n / D_cpu, C / (D_cpu + D_wait), 1 / D_lock), C / D_path where branches run side by side; demands
  // measured on `sequential`; 0 where they are not known.
  double demand_cpu_us = 0;
  double demand_wait_us = 0;
  double demand_path_us = 0;      // where branches run side by side: one task's time with unlimited workers; else 0
  double demand_shortest_us = 0;  // the shortest task, on the baseline or by its script; 0: not known
  double demand_lock_us = 0;      // how long a task holds the lock that it holds longest; 0: there is none
  double ideal_per_s = 0;

  // Throughput x mean response: by Little's law the tasks in flight of a closed load. Where it is not, the times are
  // not those of its tasks (most are still to end when the window does). Throughput x mean service: those in service,
  // which had begun; the others waited for their turn.
  double littles_in_flight = 0;
  double in_service_mean = 0;

  // Cost, over the window.
  double cpu_s = 0;  // user and system, of the trial's processes; 0: not known, nor any other CPU time
  double cpu_per_task_us = 0;
  std::optional<std::uint64_t> context_switches_voluntary;  // nothing: the runtime does not tell
  std::optional<std::uint64_t> context_switches_involuntary;
  std::uint64_t peak_rss_bytes = 0;      // resident, user
  std::uint64_t peak_kernel_bytes = 0;   // stacks, page tables and sockets, which the kernel holds for them
  std::uint64_t peak_virtual_bytes = 0;  // address space
  double bytes_per_task = 0;  // resident and kernel, beyond what there was before the first task, for each in flight

  std::uint64_t units_created = 0;  // threads, fibers, frames, messages, processes: what the model calls its unit
  std::uint32_t os_threads = 0;     // most seen at once, in all processes of the trial
  double slot_spread = 0;           // most over fewest tasks of a slot, beyond what the order makes; 0: a slot had none

  double peer_cpu_share = 0;                // of one CPU, over the window
  std::optional<double> foreign_cpu_share;  // of one CPU: busy and stolen time of neither the trial nor the peer
  std::optional<double> steal_share;        // of one CPU: taken by the hypervisor
  double compiler_cpu_share = 0;            // of one CPU: used by threads of the runtime that compile; 0: or not known
  double collector_cpu_share = 0;           // of one CPU: used by those that collect garbage; 0: or not known
};

// All that came of a trial.
struct TrialRecord : Figures {
  std::string id;  // 16 hexadecimal digits, drawn by the parent when the trial is planned; empty in files of old
  TrialSpec spec;
  Status status = Status::failed;
  std::string reason;                 // of any status but ok; one line
  std::vector<std::string> warnings;  // what a reader should know beside the numbers

  // Times and classes of an open load are those of tasks due within the window.
  Latency queueing;                   // start - scheduled
  Latency service;                    // finish - start
  Latency response;                   // finish - scheduled
  std::vector<ClassLatency> classes;  // where tasks are of several kinds
  Arrived arrived;                    // of an open load

  std::uint64_t digest_expected = 0;  // the workload's digest: equal to `digest` when every task did its work
  double efficiency = 0;              // throughput over the limit; 0 where that is not known
  std::vector<double> series_per_s;   // throughput over equal slices of the window

  double own_cpu_share = 0;        // of one CPU: used by the parent of the trials
  std::uint64_t peer_replies = 0;  // that the peer sent within the window, by its own count
  double load_average = 0;         // of the last minute, before the trial
  double setup_s = 0;              // from the start of the process to the first task

  // Of a runtime that starts cold, where it says so; else 0.
  double cold_start_s = 0;      // from the start of the process until its first task finished
  double first_service_us = 0;  // mean service time of the first 1,000 tasks, warm-up included

  std::string started_at;  // UTC, ISO 8601

  HostFacts host;
  BuildFacts build;
  TextMap runtime;  // of the model: "name" and "version", and what else it says of itself
};

// How many tasks the times of a record are of: those that finished within the window, or of an open load those that
// were due within it and finished.
std::uint64_t tasks_timed(const TrialRecord& record);

}  // namespace cbench
