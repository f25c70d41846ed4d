// Counts the three times of every task: one shard per CPU in shared memory, so that memory does not grow with the
// number of tasks, CPUs do not share cache lines, and forked workers record into the same place.
#pragma once

#include <atomic>
#include <cstdint>

#include "record/histogram.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

class Recorder {
 public:
  explicit Recorder(std::uint32_t cpus);

  // From any thread or forked process of the trial; lock-free. `cpu` is where the caller runs: a hint that keeps
  // CPUs apart, since a thread may move between reading it and using it.
  void record(std::uint32_t cpu, std::uint64_t queueing_ns, std::uint64_t service_ns, std::uint64_t response_ns) {
    Shard& shard = shards_[cpu % cpus_];
    add(shard.queueing, queueing_ns);
    add(shard.service, service_ns);
    add(shard.response, response_ns);
  }
  // Counts a task that is over, whether or not it was recorded.
  void count_finished(std::uint32_t cpu) { shards_[cpu % cpus_].finished.fetch_add(1, std::memory_order_relaxed); }

  // Sums over the shards; exact once the tasks are over.
  std::uint64_t finished() const;
  Histogram queueing() const;
  Histogram service() const;
  Histogram response() const;

 private:
  using Counts = std::atomic<std::uint64_t>[HistogramLayout::size];
  struct alignas(128) Shard {
    std::atomic<std::uint64_t> finished;
    alignas(128) Counts queueing;
    Counts service;
    Counts response;
  };

  static void add(Counts& counts, std::uint64_t ns) {
    counts[HistogramLayout::index_of(ns)].fetch_add(1, std::memory_order_relaxed);
  }
  Histogram merged(Counts Shard::*counts) const;

  std::uint32_t cpus_;
  SharedArray<Shard> shards_;
};

}  // namespace cbench
