// Stored records for tests of reports: what an imagined sweep on an imagined host of two CPUs measured, the same on
// every machine.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "record/trial_record.hpp"

namespace cbench {

inline HostFacts sample_host() {
  HostFacts host;
  host.cpu_model = "Example CPU, 2 cores";
  host.kernel = "Linux 6.1.0";
  host.governor = "performance";
  host.clock = "tsc 2.500 GHz";
  host.cpus_online = 2;
  host.cpus_allowed = 2;
  host.memory_bytes = 24'000'000'000;
  return host;
}

inline BuildFacts sample_build() {
  BuildFacts build;
  build.compiler = "g++ 12.2.0 \"-O2\", -fno-omit-frame-pointer";
  build.build_type = "Release";
  build.allocator = "glibc 2.36";
  build.version = "0.1.0";
  build.libraries = {{"Boost.Fiber", "1.81"}, {"libuv", "1.44.2"}};
  return build;
}

// A shifted exponential: at least `least_us`, and `tail_us` more on average.
inline Latency sample_latency(double least_us, double tail_us, std::uint64_t tasks) {
  Histogram histogram;
  constexpr int steps = 2000;
  for (int i = 0; i < steps; ++i) {
    const double fraction = (i + 0.5) / steps;
    const double us = least_us - tail_us * std::log1p(-fraction);
    histogram.record(static_cast<std::uint64_t>(us * 1000), std::max<std::uint64_t>(1, tasks / steps));
  }
  return summarise(std::move(histogram));
}

struct Sample {
  std::string model = "fibers";
  std::string workload = "io";
  TextMap parameters = {{"bytes", "64"}, {"delay", "20ms"}};
  std::uint32_t workers = 2;
  std::uint32_t concurrency = 1000;
  std::uint32_t repetition = 1;
  double throughput_per_s = 48'900;
  double demand_cpu_us = 0;
  double demand_wait_us = 20'000;
  double ideal_per_s = 50'000;
  double response_us = 20'100;  // least
  double tail_us = 300;
  double queueing_us = 11.9;
  double cpu_per_task_us = 6.9;
  double peer_cpu_share = 0.4;
  std::uint64_t peak_rss_bytes = 84'000'000;
  std::uint64_t peak_kernel_bytes = 0;
};

inline TrialRecord sample_record(const Sample& sample = {}) {
  TrialRecord record;
  record.spec.model = sample.model;
  record.spec.workload = sample.workload;
  record.spec.parameters = sample.parameters;
  record.spec.workers = sample.workers;
  record.spec.load.concurrency = sample.concurrency;
  record.spec.repetition = sample.repetition;
  record.spec.seed = sample.repetition;
  record.spec.unasked = record.spec.is_baseline = sample.model == "sequential";
  record.spec.load.warmup = std::chrono::milliseconds(500);
  record.spec.load.duration = std::chrono::seconds(2);
  record.spec.deadline = std::chrono::seconds(30);
  record.spec.peer_port = 40'000;
  record.spec.peer_pid = 4711;
  record.status = Status::ok;
  record.window_s = 2;
  record.throughput_per_s = sample.throughput_per_s;
  record.tasks = static_cast<std::uint64_t>(sample.throughput_per_s * 2);
  record.tasks_total = record.tasks + record.tasks / 4;
  record.digest = record.digest_expected = 0x0123456789abcdef;
  record.demand_cpu_us = sample.demand_cpu_us;
  record.demand_wait_us = sample.demand_wait_us;
  record.ideal_per_s = sample.ideal_per_s;
  record.efficiency = sample.ideal_per_s > 0 ? sample.throughput_per_s / sample.ideal_per_s : 0;
  record.queueing = sample_latency(sample.queueing_us, std::min(sample.queueing_us / 4, sample.tail_us), record.tasks);
  record.service = sample_latency(sample.response_us - sample.queueing_us, sample.tail_us, record.tasks);
  record.response = sample_latency(sample.response_us, sample.tail_us, record.tasks);
  record.cpu_per_task_us = sample.cpu_per_task_us;
  record.cpu_s = sample.cpu_per_task_us * static_cast<double>(record.tasks) / 1e6;
  record.context_switches_voluntary = 4'321;
  record.context_switches_involuntary = 12;
  record.peak_rss_bytes = sample.peak_rss_bytes;
  record.peak_kernel_bytes = sample.peak_kernel_bytes;
  record.bytes_per_task =
      static_cast<double>(sample.peak_rss_bytes + sample.peak_kernel_bytes) / std::max(1U, sample.concurrency);
  record.littles_in_flight = sample.concurrency;
  record.units_created = record.tasks_total;
  record.os_threads = sample.workers + 1;
  record.slot_spread = 1.04;
  record.peer_cpu_share = sample.peer_cpu_share;
  record.foreign_cpu_share = 0.02;
  record.load_average = 0.25;
  record.setup_s = 0.051;
  record.started_at = "2024-05-17T09:30:00Z";
  record.series_per_s = {sample.throughput_per_s, sample.throughput_per_s * 1.01};
  record.host = sample_host();
  record.build = sample_build();
  record.runtime = {{"name", "native"}};
  return record;
}

// Three repetitions whose throughputs differ by `spread` on either side.
inline std::vector<TrialRecord> sample_repetitions(Sample sample, double spread = 0.002) {
  std::vector<TrialRecord> records;
  const double middle = sample.throughput_per_s;
  for (const std::uint32_t repetition : {1U, 2U, 3U}) {
    sample.repetition = repetition;
    sample.throughput_per_s = middle * (1 + spread * (static_cast<double>(repetition) - 2));
    records.push_back(sample_record(sample));
  }
  return records;
}

inline void append(std::vector<TrialRecord>& records, const std::vector<TrialRecord>& more) {
  records.insert(records.end(), more.begin(), more.end());
}

inline Sample sequential_sample(Sample sample) {
  sample.model = "sequential";
  sample.workers = 1;
  sample.concurrency = 1;
  sample.queueing_us = 0.1;
  sample.peak_rss_bytes = 4'100'000;
  return sample;
}

// The main job: models under an I/O-bound load.
inline std::vector<TrialRecord> sample_io() {
  std::vector<TrialRecord> records;
  append(records, sample_repetitions(sequential_sample({.throughput_per_s = 49.7,
                                                        .ideal_per_s = 50,
                                                        .response_us = 20'050,
                                                        .tail_us = 40,
                                                        .cpu_per_task_us = 28.4,
                                                        .peer_cpu_share = 0})));
  append(records, sample_repetitions({}));
  append(records, sample_repetitions({.model = "eventloop",
                                      .throughput_per_s = 49'100,
                                      .queueing_us = 10.2,
                                      .cpu_per_task_us = 6.2,
                                      .peak_rss_bytes = 6'900'000}));
  append(records, sample_repetitions({.model = "threads",
                                      .throughput_per_s = 41'200,
                                      .response_us = 20'400,
                                      .tail_us = 3'800,
                                      .queueing_us = 61,
                                      .cpu_per_task_us = 24.1,
                                      .peer_cpu_share = 0.7,
                                      .peak_rss_bytes = 131'000'000,
                                      .peak_kernel_bytes = 40'000'000},
                                     0.02));
  append(records, sample_repetitions({.model = "pool",
                                      .throughput_per_s = 99.5,
                                      .response_us = 10'020'000,
                                      .tail_us = 10'000,
                                      .queueing_us = 10'000'000,
                                      .cpu_per_task_us = 31,
                                      .peer_cpu_share = 0,
                                      .peak_rss_bytes = 5'200'000}));
  for (TrialRecord& record : records) {
    if (record.spec.model == "pool") record.service = sample_latency(20'080, 20, record.tasks);
  }
  return records;
}

// Workers from 1 to 4 on two CPUs.
inline std::vector<TrialRecord> sample_cpu_sweep() {
  const Sample cpu{.model = "pool",
                   .workload = "cpu",
                   .parameters = {{"amount", "20000"}, {"kernel", "primes"}},
                   .workers = 1,
                   .concurrency = 8,
                   .throughput_per_s = 2'150,
                   .demand_cpu_us = 461,
                   .demand_wait_us = 0,
                   .ideal_per_s = 2'170,
                   .response_us = 3'700,
                   .tail_us = 80,
                   .queueing_us = 3'240,
                   .cpu_per_task_us = 463,
                   .peer_cpu_share = 0,
                   .peak_rss_bytes = 5'000'000};
  std::vector<TrialRecord> records;
  Sample sequential = sequential_sample(cpu);
  sequential.throughput_per_s = 2'168;
  sequential.response_us = 458;
  sequential.tail_us = 3;
  append(records, sample_repetitions(sequential));
  for (const auto& [workers, throughput, response_us] :
       {std::tuple{1U, 2'150.0, 3'700.0}, std::tuple{2U, 4'260.0, 1'860.0}, std::tuple{4U, 4'190.0, 1'890.0}}) {
    Sample sample = cpu;
    sample.workers = workers;
    sample.throughput_per_s = throughput;
    sample.response_us = response_us;
    sample.queueing_us = response_us - 461 * std::max(1.0, workers / 2.0);
    sample.ideal_per_s = 2'170 * std::min(2U, workers);
    append(records, sample_repetitions(sample));
    sample.model = "fibers";
    sample.throughput_per_s *= 0.985;
    sample.cpu_per_task_us = 468;
    append(records, sample_repetitions(sample));
  }
  return records;
}

// What goes wrong: a model that fails always, one that fails once, one that hangs, one measured while others ran.
inline std::vector<TrialRecord> sample_failures() {
  std::vector<TrialRecord> records;
  append(records, sample_repetitions(sequential_sample({.throughput_per_s = 49.7,
                                                        .ideal_per_s = 50,
                                                        .response_us = 20'050,
                                                        .tail_us = 40,
                                                        .cpu_per_task_us = 28.4,
                                                        .peer_cpu_share = 0})));
  append(records, sample_repetitions({}, 0.08));
  append(records, sample_repetitions({.model = "eventloop", .throughput_per_s = 49'100}));
  append(records, sample_repetitions({.model = "threads"}));
  append(records, sample_repetitions({.model = "actors"}));
  append(records, sample_repetitions({.model = "processes", .throughput_per_s = 31'000, .cpu_per_task_us = 12}));
  for (TrialRecord& record : records) {
    const auto fail = [&](Status status, std::string reason) {
      TrialRecord failed;
      failed.spec = record.spec;
      failed.host = record.host;
      failed.build = record.build;
      failed.runtime = record.runtime;
      failed.status = status;
      failed.reason = std::move(reason);
      record = failed;
    };
    if (record.spec.model == "threads") {
      fail(Status::failed,
           "thread 32,745 could not be started: Resource temporarily unavailable (RLIMIT_NPROC is 32,768; "
           "raise it with ulimit -u)");
    } else if (record.spec.model == "actors") {
      fail(record.spec.repetition == 2 ? Status::failed : Status::timed_out,
           record.spec.repetition == 2 ? "killed by signal 11 (Segmentation fault)"
                                       : "no end after 30 s\nand no progress");
    } else if (record.spec.model == "eventloop" && record.spec.repetition == 3) {
      fail(Status::invalid, "the peer was saturated: 99 % of a CPU");
    } else if (record.spec.model == "fibers") {
      record.foreign_cpu_share = 0.35;
      record.warnings = {"throughput drifted over the window"};
    } else if (record.spec.model == "processes") {
      record.slot_spread = 5.2;
    }
  }
  return records;
}

}  // namespace cbench
