// A quantity over repetitions of a trial, and how well they know it.
#pragma once

#include <cstddef>
#include <vector>

namespace cbench {

// A quantity over repetitions. The unit of repetition is the trial, a process of its own.
struct Estimate {
  std::size_t repetitions = 0;
  double mean = 0;
  double median = 0;
  double low = 0;  // 95 % interval of the mean, by Student's t; of one repetition there is none: low = high = mean
  double high = 0;

  bool has_interval() const { return repetitions > 1; }
  double relative_half_width() const { return mean > 0 ? (high - low) / 2 / mean : 0; }
};
Estimate estimate(std::vector<double> values);

}  // namespace cbench
