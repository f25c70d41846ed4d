// What is asked of one trial and what came of it: the one schema behind every report, and what `cbench trial` reads
// and writes as JSON (docs/protocol.md). Times are nanoseconds or say their unit in the name.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/histogram.hpp"

namespace cbench {

inline constexpr int schema_version = 1;

using TextMap = std::map<std::string, std::string, std::less<>>;

// How tasks are brought to the model.
enum class LoadKind : std::uint8_t {
  closed,  // `concurrency` tasks in flight; each that finishes brings the next
  fixed,   // `tasks` tasks in all, `concurrency` in flight; the result is the makespan
  open,    // tasks arrive at `rate_per_s` whatever the model does; `concurrency` is the most in flight
};

// One trial: model x workload x load x workers x seed.
struct TrialSpec {
  std::string model;
  TextMap settings;  // the model's own
  std::string workload;
  TextMap parameters;  // the workload's own
  LoadKind load = LoadKind::closed;
  std::uint32_t workers = 1;
  std::uint32_t concurrency = 1;
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds duration{};
  std::uint64_t tasks = 0;  // fixed load
  double rate_per_s = 0;    // open load
  bool poisson = true;      // open load: Poisson arrivals, else equally spaced
  std::uint64_t seed = 1;
  std::uint32_t repetition = 1;         // from 1
  bool baseline = false;                // runs because every speedup needs it, not because it was asked for
  std::chrono::nanoseconds deadline{};  // after which the watchdog ends the trial; from its start
  std::uint64_t max_memory_bytes = 0;   // above which the trial is ended; 0: no limit
  std::uint16_t peer_port = 0;          // 0: no peer runs
  int peer_pid = 0;
};

enum class Status : std::uint8_t {
  ok,
  failed,     // an error, a crash, a wrong digest, a set-up that was not possible
  timed_out,  // ended by the watchdog
  invalid,    // it ran, but what it measured is not the model: the generator or the peer was the bottleneck
};
std::string_view name_of(Status status);
std::string_view name_of(LoadKind load);
std::optional<Status> status_named(std::string_view name);
std::optional<LoadKind> load_named(std::string_view name);

// One of the three times of a task, over all tasks of the window.
struct Latency {
  double mean_us = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
  std::optional<Histogram> histogram;  // not in CSV
};
Latency summarise(Histogram histogram);

// What the machine and the build were. Two results with different facts are not comparable.
struct HostFacts {
  std::string cpu_model;
  std::string kernel;
  std::string governor;  // "unknown" where the kernel does not tell, as in most virtual machines
  std::string clock;     // "tsc" or "clock_gettime", with the frequency
  std::string compiler;  // with version and flags
  std::string build_type;
  std::string allocator;
  std::string version;  // of cbench
  std::uint32_t cpus_online = 0;
  std::uint32_t cpus_allowed = 0;  // by affinity
  double cpu_quota = 0;            // CPUs by cgroup quota; 0: no quota
  std::uint64_t memory_bytes = 0;
  TextMap libraries;  // name -> version

  friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

// What came of a trial. Numbers of a trial that failed are those known when it ended, else 0.
struct TrialRecord {
  std::string id;  // 16 hexadecimal digits, drawn by the parent when the trial is planned; empty in files of old
  TrialSpec spec;
  Status status = Status::failed;
  std::string reason;                 // of any status but ok; one line
  std::vector<std::string> warnings;  // what a reader should know beside the numbers

  // Work. The window is the measured time (closed, open) or the makespan (fixed).
  std::uint64_t tasks = 0;        // finished within the window
  std::uint64_t tasks_total = 0;  // finished at all, warm-up and draining included
  double window_s = 0;
  double throughput_per_s = 0;
  std::uint64_t digest = 0;           // the workload's digest plus, over all tasks, (returned - expected)
  std::uint64_t digest_expected = 0;  // the workload's digest: equal to `digest` when every task did its work

  // The limit: min(n / D_cpu, C / (D_cpu + D_wait)), C / D_path where branches run side by side; demands measured on
  // `sequential`; 0 where they are not known.
  double demand_cpu_us = 0;
  double demand_wait_us = 0;
  double demand_path_us = 0;  // where branches run side by side: one task's time with unlimited workers; else 0
  double ideal_per_s = 0;
  double efficiency = 0;

  Latency queueing;  // start - scheduled
  Latency service;   // finish - start
  Latency response;  // finish - scheduled

  // Cost, over the window.
  double cpu_s = 0;  // user and system, of the trial's processes
  double cpu_per_task_us = 0;
  std::uint64_t context_switches_voluntary = 0;
  std::uint64_t context_switches_involuntary = 0;
  std::uint64_t peak_rss_bytes = 0;

  std::uint64_t units_created = 0;  // threads, fibers, frames, messages, processes: what the model calls its unit
  std::uint32_t os_threads = 0;     // most seen at once, in all processes of the trial
  double slot_spread = 0;           // most over fewest tasks finished by a slot in the window; 0: a slot had none

  double peer_cpu_share = 0;     // of one CPU, over the window
  double foreign_cpu_share = 0;  // of one CPU: busy and stolen time that neither the trial nor the peer used
  double steal_share = 0;        // of one CPU: taken by the hypervisor
  double load_average = 0;       // of the last minute, before the trial
  double setup_s = 0;            // from the start of the process to the first task

  std::vector<double> series_per_s;  // throughput over equal slices of the window
  std::optional<bool> steady_state;  // whether that kept its level (steady_state.hpp); nothing: it cannot be told
  std::string started_at;            // UTC, ISO 8601

  HostFacts host;
};

}  // namespace cbench
