#include "record/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace cbench {

void Histogram::add_at(std::uint32_t index, std::uint64_t times) {
  counts_[index] += times;
  total_ += times;
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  total_ += other.total_;
}

std::uint64_t Histogram::quantile(double fraction) const {
  if (total_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(total_));
  const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, total_);
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return HistogramLayout::highest_at(i);
  }
  return HistogramLayout::highest;
}

std::uint64_t Histogram::smallest() const {
  const auto found = std::find_if(counts_.begin(), counts_.end(), [](std::uint64_t count) { return count != 0; });
  return found == counts_.end() ? 0 : HistogramLayout::lowest_at(static_cast<std::uint32_t>(found - counts_.begin()));
}

std::uint64_t Histogram::largest() const { return quantile(1.0); }

double Histogram::mean() const {
  if (total_ == 0) return 0;
  double sum = 0;
  for (std::uint32_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const auto middle = static_cast<double>(HistogramLayout::lowest_at(i) + HistogramLayout::highest_at(i)) / 2;
    sum += middle * static_cast<double>(counts_[i]);
  }
  return sum / static_cast<double>(total_);
}

}  // namespace cbench
