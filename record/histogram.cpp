#include "record/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace cbench {

void Histogram::add_at(std::uint32_t index, std::uint64_t times) {
  if (times == 0) return;
  total_ += times;
  if (counts_.empty() || counts_.back().index < index) {
    counts_.push_back({index, times});
    return;
  }
  const auto at = std::ranges::lower_bound(counts_, index, {}, &StepCount::index);
  if (at->index == index) {
    at->times += times;
  } else {
    counts_.insert(at, {index, times});
  }
}

void Histogram::merge(const Histogram& other) {
  std::vector<StepCount> merged;
  merged.reserve(counts_.size() + other.counts_.size());
  auto a = counts_.cbegin();
  auto b = other.counts_.cbegin();
  while (a != counts_.cend() && b != other.counts_.cend()) {
    if (a->index == b->index) {
      merged.push_back({a->index, a->times + b->times});
      ++a;
      ++b;
    } else {
      merged.push_back(a->index < b->index ? *a++ : *b++);
    }
  }
  merged.insert(merged.end(), a, counts_.cend());
  merged.insert(merged.end(), b, other.counts_.cend());
  counts_ = std::move(merged);
  total_ += other.total_;
}

std::uint64_t Histogram::quantile(double fraction) const {
  if (total_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(total_));
  // What a double rounds up to beyond the total is the total.
  const std::uint64_t rank =
      wanted >= static_cast<double>(total_) ? total_ : std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
  std::uint64_t seen = 0;
  for (const StepCount& step : counts_) {
    seen += step.times;
    if (seen >= rank) return HistogramLayout::highest_at(step.index);
  }
  return HistogramLayout::highest;
}

std::uint64_t Histogram::smallest() const {
  return counts_.empty() ? 0 : HistogramLayout::lowest_at(counts_.front().index);
}

std::uint64_t Histogram::largest() const {
  return counts_.empty() ? 0 : HistogramLayout::highest_at(counts_.back().index);
}

double Histogram::mean() const {
  if (total_ == 0) return 0;
  double sum = 0;
  for (const auto& [index, times] : counts_) {
    const auto middle = static_cast<double>(HistogramLayout::lowest_at(index) + HistogramLayout::highest_at(index)) / 2;
    sum += middle * static_cast<double>(times);
  }
  return sum / static_cast<double>(total_);
}

std::uint64_t Histogram::count_at(std::uint32_t index) const {
  const auto at = std::ranges::lower_bound(counts_, index, {}, &StepCount::index);
  return at != counts_.end() && at->index == index ? at->times : 0;
}

}  // namespace cbench
