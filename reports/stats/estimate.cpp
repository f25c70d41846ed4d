#include "reports/stats/estimate.hpp"

#include <gsl/gsl_cdf.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "reports/stats/resampling.hpp"

namespace cbench {

Estimate estimate(std::vector<double> values) {
  Estimate out;
  out.repetitions = values.size();
  if (values.empty()) return out;
  const auto count = static_cast<double>(values.size());
  out.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  out.low = out.high = out.mean;
  if (values.size() > 1) {
    double squares = 0;
    for (const double value : values) squares += (value - out.mean) * (value - out.mean);
    const double standard_error = std::sqrt(squares / (count - 1) / count);
    const double half_width = gsl_cdf_tdist_Pinv(0.975, count - 1) * standard_error;
    out.low = out.mean - half_width;
    out.high = out.mean + half_width;
  }
  out.median = median_of(std::move(values));
  return out;
}

}  // namespace cbench
