#include "harness/recorder.hpp"

namespace cbench {

Recorder::Recorder(std::uint32_t cpus) : cpus_(cpus), shards_(cpus) {}

std::uint64_t Recorder::finished() const {
  std::uint64_t total = 0;
  for (const Shard& shard : shards_) total += shard.finished.load(std::memory_order_relaxed);
  return total;
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

Histogram Recorder::queueing() const { return merged(&Shard::queueing); }
Histogram Recorder::service() const { return merged(&Shard::service); }
Histogram Recorder::response() const { return merged(&Shard::response); }

}  // namespace cbench
