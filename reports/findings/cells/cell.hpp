// A cell: the repetitions of one model under one load, summed up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "record/trial_record.hpp"
#include "record/trials.hpp"
#include "reports/findings/cells/cell_classes.hpp"
#include "reports/findings/cells/percentiles.hpp"
#include "reports/stats/estimate.hpp"
#include "reports/stats/resampling.hpp"

namespace cbench {

struct Failure {
  Status status = Status::failed;
  std::string reason;
  std::uint32_t repetition = 0;
  std::uint64_t seed = 0;
};

// What repetitions have failed of, each reason once; of invalid ones reasons that differ in their numbers alone are
// one.
struct FailureKind {
  Status status = Status::failed;
  std::string reason;
  std::size_t times = 0;
};

// What was measured comes from the repetitions that are ok; numbers that are not known are 0.
struct Cell {
  TrialSpec spec;  // of the first repetition: the others differ in seed and repetition alone
  std::vector<double> throughputs_per_s;
  std::vector<Failure> failures;      // repetitions that are not ok
  std::vector<std::string> warnings;  // each once, but for those of no steady state
  std::size_t unsteady = 0;           // repetitions without a steady state
  std::size_t overloaded = 0;         // repetitions in which the model could not keep up with an open load; measured
  std::string overload;               // what is said of the first of them

  Estimate throughput;
  double throughput_resolution = 0;  // the smallest relative step that one repetition's can show
  PercentilesFrom percentiles = PercentilesFrom::nothing;
  Latency queueing;
  Latency service;
  Latency response;
  std::vector<CellClass> classes;  // where tasks are of several kinds: the above are over all of them
  Estimate response_p50_us;        // over the repetitions: for intervals, where the above are of all of them together
  Estimate response_p99_us;
  std::vector<double> response_p50s_us;
  std::vector<double> response_p99s_us;
  std::vector<double>
      powers_per_s2;  // throughput / mean response time of each repetition with tasks: Kleinrock's power

  // Means over the repetitions.
  double ideal_per_s = 0;        // by the demands of all repetitions of its runtime's baseline, where it is there
  double efficiency = 0;         // throughput.mean / ideal_per_s
  Interval efficiency_interval;  // 95 %, of both; from 0 to infinity where neither was repeated
  double demand_cpu_us = 0;
  double demand_wait_us = 0;
  double demand_path_us = 0;           // one task alone, on as many workers as it can use
  double demand_branch_us = 0;         // that of a task with branches; of others 0
  double demand_lock_us = 0;           // in the lock that a task holds longest; 0: there is none
  double demand_shortest_us = 0;       // the shortest task of all, on its baseline; 0: not known
  std::vector<double> demand_cpus_us;  // by repetition
  std::vector<double> demand_waits_us;
  double cpu_per_task_us = 0;
  std::vector<double> cpus_per_task_us;  // by repetition
  double cpu_share = 0;                  // CPUs that the trial's processes used
  double tasks_per_slot = 0;
  double littles_in_flight = 0;                       // throughput x mean response; 0: not known
  std::vector<double> littles_in_flights;             // of each repetition that knows it
  std::optional<double> switches_voluntary_per_task;  // nothing: no repetition tells
  std::optional<double> switches_involuntary_per_task;
  double units_per_task = 0;  // of all tasks, warm-up and draining included

  double peer_cpu_share = 0;
  double foreign_cpu_share = 0;
  bool knows_foreign = false;

  Arrived arrived;  // of an open load: counts of all repetitions, lag and CPU of the worst, the mean of the rest
  double served_share = 0;        // of an open load: throughput / what was offered in the same window; the mean
  double least_served_share = 0;  // the least of a repetition

  // Of all repetitions.
  double least_cpu_share = 0;
  double most_cpu_share = 0;
  double least_used_cpus = 0;  // by the trial and the peer
  double least_tasks_per_slot = 0;
  std::uint64_t least_tasks = 0;  // where any finished
  bool settled = true;            // every slot had finished a task when the window opened

  // Of the worst repetition.
  double worst_peer_cpu_share = 0;
  double worst_other_cpu_share = 0;  // what other processes used: foreign, less what the hypervisor took
  double worst_steal_share = 0;
  // Of the trial's own CPU time, by its runtime's threads; 0 where they are not known.
  double worst_compiler_share = 0;
  double worst_collector_share = 0;
  double worst_slot_spread = 0;  // 0: some slot finished no task
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t peak_kernel_bytes = 0;
  std::uint64_t peak_virtual_bytes = 0;
  std::uint64_t peak_memory_bytes = 0;  // resident and kernel together
  double bytes_per_task = 0;            // for each in flight; the mean
  std::vector<double> bytes_per_tasks;  // by repetition
  std::uint32_t os_threads = 0;

  std::uint64_t tasks = 0;                         // of all repetitions, those that the times are of
  std::map<std::uint64_t, std::uint64_t> digests;  // the proof of work, by seed

  double cpus = 0;          // that the process was allowed to use: affinity and quota
  bool kept_awake = false;  // CPUs did not halt
  std::uint32_t peers = 1;  // threads of the peer

  // 95 % intervals; from 0 to infinity where neither side was repeated.
  double speedup_over_sequential = 0;  // S_abs = X / X of the baseline of the model's own runtime
  Interval speedup_over_sequential_interval;
  double speedup_over_one_worker = 0;  // S_rel = X(n) / X(1)
  Interval speedup_over_one_worker_interval;

  bool measured() const { return throughput.repetitions > 0; }
  bool is_baseline() const { return spec.is_baseline; }
  // Of a runtime of another language.
  bool is_foreign() const { return !spec.runtime_name.empty(); }
  // The baseline with one task in flight: what the ideal is made of, so that its efficiency says nothing.
  bool is_yardstick() const { return is_baseline() && spec.load.concurrency == 1; }
  bool has_efficiency_interval() const;

  // Whether the times are those of the load's tasks: throughput x mean response of each repetition is, to within 10 %,
  // what a closed loop of more than one task holds in flight. Where it is less, most tasks were still under way when
  // the window closed, or some never had their turn, and the others' times are too short; where it is more, tasks
  // finished that had been under way for long when it opened. Where they do not hold they are not shown.
  bool times_hold() const;
  double littles_response_us() const;  // what a task must take on average, by Little's law: C / X
  // Whether there are tasks enough to tell a percentile, `fraction` from 0 to 1: ten or more beyond it. Of all
  // repetitions, or where they have no histograms to be merged, of each.
  bool knows_percentile(double fraction) const;
  bool knows_repeated_percentile(double fraction) const;  // in each repetition

  bool is_beyond_cpus() const { return cpus > 0 && spec.workers > cpus; }
  std::size_t trials() const { return throughput.repetitions + failures.size(); }
  std::vector<FailureKind> failure_kinds() const;
  std::string label() const;  // the model with its settings: "fibers", "fibers:stack=16k"
};

// What the repetitions of one come to; of trials that are not ok there are the failures only. What compares it with
// other cells (speedups, the ideal by the baseline) is left to whoever has them.
Cell cell_of(const Trials::Cell& trials);

}  // namespace cbench
