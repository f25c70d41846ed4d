#include "harness/recorder.hpp"

#include <algorithm>
#include <system_error>

#include <pthread.h>

namespace cbench {

namespace {

// The place of a thread in the recorder that it last counted in.
struct Claim {
  std::uint64_t recorder = 0;
  std::uint64_t thread = 0;  // how many had asked before it
};
thread_local constinit Claim claim;

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> ids = 1;
  // A forked process begins with a copy of its parent's thread, and would add to the same shard.
  static const int registered = pthread_atfork(nullptr, nullptr, [] { claim = {}; });
  if (registered != 0) throw std::system_error(registered, std::generic_category(), "pthread_atfork");
  return ids++;
}

}  // namespace

Recorder::Recorder(std::uint32_t cpus, std::uint32_t classes)
    : cpus_(cpus),
      owned_(cpus + 2),
      classes_(classes),
      id_(next_id()),
      threads_(1),
      shards_(shards()),
      by_class_(classes == 1 ? 1 : std::size_t{shards()} * classes) {}

// Never inlined: fibers move from thread to thread, and the address of a thread's variable must not be kept meanwhile.
[[gnu::noinline]] Recorder::Place Recorder::place(std::uint32_t cpu) const {
  if (claim.recorder != id_) [[unlikely]]
    claim = {.recorder = id_, .thread = threads_[0].fetch_add(1, std::memory_order_relaxed)};
  if (claim.thread < owned_) return {.shard = static_cast<std::uint32_t>(claim.thread), .alone = true};
  return {.shard = owned_ + cpu % cpus_, .alone = false};
}

std::vector<std::uint32_t> Recorder::used_shards() const {
  const std::uint64_t threads = threads_[0].load(std::memory_order_relaxed);
  std::vector<std::uint32_t> used;
  for (std::uint32_t shard = 0; shard < std::min<std::uint64_t>(threads, owned_); ++shard) used.push_back(shard);
  if (threads <= owned_) return used;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) used.push_back(owned_ + cpu);
  return used;
}

std::uint64_t Recorder::finished() const {
  std::uint64_t total = 0;
  for (const std::uint32_t shard : used_shards()) {
    for (const Count& count : shards_[shard].finished) total += count.load(std::memory_order_relaxed);
  }
  return total;
}

std::vector<std::uint64_t> Recorder::finished_by_slice() const {
  std::vector<std::uint64_t> counts(slices);
  for (const std::uint32_t shard : used_shards()) {
    for (std::uint32_t i = 0; i < slices; ++i) counts[i] += shards_[shard].finished[i].load(std::memory_order_relaxed);
  }
  return counts;
}

// One shard after the other: side by side their pages would be read out of order.
void Recorder::add_counts(const Counts& counts, Histogram& histogram) {
  for (std::uint32_t i = 0; i < HistogramLayout::size; ++i) {
    const auto times = counts[i].load(std::memory_order_relaxed);
    if (times != 0) histogram.add_at(i, times);
  }
}

Histogram Recorder::merged(Counts Shard::*counts) const {
  Histogram histogram;
  for (const std::uint32_t shard : used_shards()) add_counts(shards_[shard].*counts, histogram);
  return histogram;
}

Histogram Recorder::response_of(std::uint32_t of_class) const {
  if (classes_ == 1) return response();
  Histogram histogram;
  for (const std::uint32_t shard : used_shards()) {
    add_counts(by_class_[std::size_t{shard} * classes_ + of_class].response, histogram);
  }
  return histogram;
}

Histogram Recorder::queueing() const { return merged(&Shard::queueing); }
Histogram Recorder::service() const { return merged(&Shard::service); }
Histogram Recorder::response() const { return merged(&Shard::response); }

}  // namespace cbench
