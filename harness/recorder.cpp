#include "harness/recorder.hpp"

namespace cbench {

Recorder::Recorder(std::uint32_t cpus, std::uint32_t classes)
    : cpus_(cpus), classes_(classes), shards_(cpus), by_class_(classes == 1 ? 1 : std::size_t{cpus} * classes) {}

std::uint64_t Recorder::finished() const {
  std::uint64_t total = 0;
  for (const Shard& shard : shards_) {
    for (const auto& count : shard.finished) total += count.load(std::memory_order_relaxed);
  }
  return total;
}

std::vector<std::uint64_t> Recorder::finished_by_slice() const {
  std::vector<std::uint64_t> counts(slices);
  for (const Shard& shard : shards_) {
    for (std::uint32_t i = 0; i < slices; ++i) counts[i] += shard.finished[i].load(std::memory_order_relaxed);
  }
  return counts;
}

Histogram Recorder::merged(Counts Shard::*counts) const {
  Histogram histogram;
  for (std::uint32_t i = 0; i < HistogramLayout::size; ++i) {
    std::uint64_t times = 0;
    for (const Shard& shard : shards_) times += (shard.*counts)[i].load(std::memory_order_relaxed);
    histogram.add_at(i, times);
  }
  return histogram;
}

Histogram Recorder::response_of(std::uint32_t of_class) const {
  if (classes_ == 1) return response();
  Histogram histogram;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    const Counts& counts = by_class_[std::size_t{cpu} * classes_ + of_class].response;
    for (std::uint32_t i = 0; i < HistogramLayout::size; ++i) {
      const auto times = counts[i].load(std::memory_order_relaxed);
      if (times != 0) histogram.add_at(i, times);
    }
  }
  return histogram;
}

Histogram Recorder::queueing() const { return merged(&Shard::queueing); }
Histogram Recorder::service() const { return merged(&Shard::service); }
Histogram Recorder::response() const { return merged(&Shard::response); }

}  // namespace cbench
