// Counts the three times of every task: one shard per CPU in shared memory, so that memory does not grow with the
// number of tasks, CPUs do not share cache lines, and forked workers record into the same place.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "record/histogram.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

class Recorder {
 public:
  // `classes`: kinds of tasks whose response times are kept apart; of one kind they are the response times.
  explicit Recorder(std::uint32_t cpus, std::uint32_t classes = 1);

  // From any thread or forked process of the trial; lock-free. `cpu` is where the caller runs: a hint that keeps
  // CPUs apart, since a thread may move between reading it and using it.
  void record(std::uint32_t cpu, std::uint64_t queueing_ns, std::uint64_t service_ns, std::uint64_t response_ns) {
    Shard& shard = shards_[cpu % cpus_];
    add(shard.queueing, queueing_ns);
    add(shard.service, service_ns);
    add(shard.response, response_ns);
  }
  // The response time of a task of a class. Nothing where there is one class.
  void record_class(std::uint32_t cpu, std::uint32_t of_class, std::uint64_t response_ns) {
    if (classes_ == 1) return;
    add(by_class_[std::size_t{cpu % cpus_} * classes_ + of_class].response, response_ns);
  }

  // Counts a task that is over, whether or not it was recorded: in a slice of the window, or outside of it.
  static constexpr std::uint32_t slices = 20;
  static constexpr std::uint32_t outside = slices;
  void count_finished(std::uint32_t cpu, std::uint32_t slice = outside) {
    shards_[cpu % cpus_].finished[slice].fetch_add(1, std::memory_order_relaxed);
  }

  // Sums over the shards; exact once the tasks are over.
  std::uint64_t finished() const;
  std::vector<std::uint64_t> finished_by_slice() const;
  Histogram queueing() const;
  Histogram service() const;
  Histogram response() const;
  Histogram response_of(std::uint32_t of_class) const;

 private:
  using Counts = std::atomic<std::uint64_t>[HistogramLayout::size];
  struct alignas(128) Shard {
    std::atomic<std::uint64_t> finished[slices + 1];
    alignas(128) Counts queueing;
    Counts service;
    Counts response;
  };
  struct alignas(128) OfClass {
    Counts response;
  };

  static void add(Counts& counts, std::uint64_t ns) {
    counts[HistogramLayout::index_of(ns)].fetch_add(1, std::memory_order_relaxed);
  }
  Histogram merged(Counts Shard::*counts) const;

  std::uint32_t cpus_;
  std::uint32_t classes_;
  SharedArray<Shard> shards_;
  SharedArray<OfClass> by_class_;  // by CPU, then class; one where there is one class
};

}  // namespace cbench
