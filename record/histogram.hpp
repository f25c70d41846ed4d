// A histogram of times from 1 ns to 1 h with 3 significant digits, in the layout of HdrHistogram
// (hdrhistogram.org; G. Tene): log-linear, so that its size does not depend on how much was recorded.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace cbench {

// Where a value is counted. Buckets double in width; each holds 1024 equal steps (2048 in the first), so a counted
// value is known to within 1/1024 of itself.
struct HistogramSteps {
  static constexpr std::uint64_t highest = 3'600'000'000'000;  // 1 h in ns; what is longer is counted there
  static constexpr std::uint32_t half_steps_log2 = 10;
  static constexpr std::uint32_t half_steps = 1U << half_steps_log2;

  static constexpr std::uint32_t index_of(std::uint64_t ns) {
    ns = ns < highest ? ns : highest;
    const auto bucket = static_cast<std::uint32_t>(std::bit_width(ns | (2 * half_steps - 1))) - (half_steps_log2 + 1);
    return (bucket << half_steps_log2) + static_cast<std::uint32_t>(ns >> bucket);
  }
  static constexpr std::uint32_t bucket_of(std::uint32_t index) {
    return index < 2 * half_steps ? 0 : (index >> half_steps_log2) - 1;
  }
  // The lowest and the highest value counted at this index, and the one half-way.
  static constexpr std::uint64_t lowest_at(std::uint32_t index) {
    const std::uint32_t bucket = bucket_of(index);
    return std::uint64_t{index - (bucket << half_steps_log2)} << bucket;
  }
  static constexpr std::uint64_t highest_at(std::uint32_t index) {
    return lowest_at(index) + (std::uint64_t{1} << bucket_of(index)) - 1;
  }
};

struct HistogramLayout : HistogramSteps {
  static constexpr std::uint32_t size = index_of(highest) + 1;
};

// How often values of one step of the layout were counted; never 0.
struct StepCount {
  std::uint32_t index = 0;
  std::uint64_t times = 0;
  friend bool operator==(const StepCount&, const StepCount&) = default;
};

// Counts by value. A plain value: not thread-safe, copyable, merged by addition. It holds the steps that were counted
// and no others: a trial's take tens of KB, where the layout's 33,000 would take a quarter of a MB each. Totals are of
// 64 bits, and that they are enough is for who adds to see to (record_json.cpp refuses larger ones).
class Histogram {
 public:
  void record(std::uint64_t ns, std::uint64_t times = 1) { add_at(HistogramLayout::index_of(ns), times); }
  void add_at(std::uint32_t index, std::uint64_t times);  // fastest where indexes rise from call to call
  void merge(const Histogram& other);

  std::uint64_t total() const { return total_; }

  // The smallest counted value with at least `fraction` of all counts at or below it (nearest rank), as the highest
  // value of its step, as HdrHistogram reports it. 0 where nothing was recorded. `fraction` from 0 to 1.
  std::uint64_t quantile(double fraction) const;
  std::uint64_t smallest() const;
  std::uint64_t largest() const;
  double mean() const;

  std::span<const StepCount> counts() const { return counts_; }  // by rising index
  std::uint64_t count_at(std::uint32_t index) const;

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  std::vector<StepCount> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace cbench
