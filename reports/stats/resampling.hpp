// What the statistics share: a seeded source of random numbers, so that the same data always give the same intervals,
// and order statistics. Distributions and generators are GSL's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace cbench {

struct Interval {
  double low = 0;
  double high = 0;

  bool contains(double value) const { return low <= value && value <= high; }
  bool overlaps(const Interval& other) const { return low <= other.high && other.low <= high; }
};

// Random numbers that depend on the seed alone, on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  ~Random();

  std::size_t index(std::size_t size);  // uniform in [0, size)
  double normal();                      // mean 0, standard deviation 1
  double chi_squared(double degrees_of_freedom);

  // What to scale a resampled error by when its size is itself an estimate with so many degrees of freedom: the root of
  // a scaled inverse chi-squared. Percentiles over such draws are as wide as Student's t, not as the normal.
  double scale_of_estimate(double degrees_of_freedom);

 private:
  struct Generator;
  std::unique_ptr<Generator> generator_;
};

double mean_of(std::span<const double> values);
double median_of(std::vector<double> values);                              // 0 of nothing
double quantile_of(std::vector<double> values, double fraction);           // interpolated; 0 of nothing
Interval central_interval(std::vector<double> values, double confidence);  // percentiles; infinities are values too

}  // namespace cbench
