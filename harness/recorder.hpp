// Counts the three times of every task, in shards in shared memory: so memory does not grow with the number of tasks,
// CPUs do not share cache lines, and forked workers record into the same place.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "record/histogram.hpp"
#include "system/cache_lines.hpp"
#include "system/shared_memory.hpp"

namespace cbench {

class Recorder {
 public:
  // `classes`: kinds of tasks whose response times are kept apart; of one kind they are the response times.
  explicit Recorder(std::uint32_t cpus, std::uint32_t classes = 1);

  // Where the calling thread counts. The first threads that ask, one for each CPU and two more, have a shard to
  // themselves, in which adding is as cheap as it can be; the others share that of the CPU that they run on and add
  // atomically. `cpu` is a hint that keeps CPUs apart, since a thread may move between reading it and using it.
  struct Place {
    std::uint32_t shard = 0;
    bool alone = false;
  };
  Place place(std::uint32_t cpu) const;

  // The rest is called with the place of the calling thread, from any thread or forked process of the trial; lock-free.

  struct Times {
    std::uint64_t queueing_ns = 0;
    std::uint64_t service_ns = 0;
    std::uint64_t response_ns = 0;
  };
  void record(Place place, const Times& times, std::uint32_t of_class = 0) {
    Shard& shard = shards_[place.shard];
    add(shard.queueing[HistogramLayout::index_of(times.queueing_ns)], place);
    add(shard.service[HistogramLayout::index_of(times.service_ns)], place);
    const std::uint32_t response = HistogramLayout::index_of(times.response_ns);
    add(shard.response[response], place);
    if (classes_ != 1) add(by_class_[std::size_t{place.shard} * classes_ + of_class].response[response], place);
  }

  // Counts a task that is over, whether or not it was recorded: in a slice of the window, or outside of it.
  static constexpr std::uint32_t slices = 20;
  static constexpr std::uint32_t outside = slices;
  void count_finished(Place place, std::uint32_t slice = outside) { add(shards_[place.shard].finished[slice], place); }

  // Sums over the shards; exact once the tasks are over.
  std::uint64_t finished() const;
  std::vector<std::uint64_t> finished_by_slice() const;
  Histogram queueing() const;
  Histogram service() const;
  Histogram response() const;
  Histogram response_of(std::uint32_t of_class) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  using Counts = Count[HistogramLayout::size];
  struct alignas(lines_apart) Shard {
    Count finished[slices + 1];
    alignas(lines_apart) Counts queueing;
    Counts service;
    Counts response;
  };
  struct alignas(lines_apart) OfClass {
    Counts response;
  };

  static void add(Count& count, Place place) {
    if (place.alone) {
      count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      count.fetch_add(1, std::memory_order_relaxed);
    }
  }
  // Those of the threads that have one, then those of the CPUs.
  std::uint32_t shards() const { return owned_ + cpus_; }
  // Those in which somebody may have counted: memory of the others is not touched.
  std::vector<std::uint32_t> used_shards() const;
  static void add_counts(const Counts& counts, Histogram& histogram);
  Histogram merged(Counts Shard::*counts) const;

  std::uint32_t cpus_;
  std::uint32_t owned_;
  std::uint32_t classes_;
  std::uint64_t id_;                                 // no other recorder of this process ever had it
  SharedArray<std::atomic<std::uint64_t>> threads_;  // how many have asked for a place
  SharedArray<Shard> shards_;
  SharedArray<OfClass> by_class_;  // by shard, then class; one where there is one class
};

}  // namespace cbench
