#include "reports/stats/scale_mixture.hpp"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

namespace cbench {
namespace {

constexpr int dimensions = 4;
using Points = std::array<std::vector<double>, dimensions>;

}  // namespace

ScaleMixture::ScaleMixture(std::vector<double> standard_deviations) : deviations_(std::move(standard_deviations)) {}

double ScaleMixture::share_beyond(double distance) const {
  double share = 0;
  for (const double deviation : deviations_) {
    share += deviation > 0 ? std::erfc(distance / deviation / M_SQRT2) : distance > 0 ? 0.0 : 1.0;
  }
  return deviations_.empty() ? 1 : share / static_cast<double>(deviations_.size());
}

double ScaleMixture::half_width(double confidence) const {
  double high = 0;
  for (const double deviation : deviations_) high = std::max(high, deviation);
  if (high <= 0) return 0;
  double low = 0;
  while (share_beyond(high) > 1 - confidence) high *= 2;
  for (int i = 0; i < 24; ++i) {
    const double middle = (low + high) / 2;
    (share_beyond(middle) > 1 - confidence ? low : high) = middle;
  }
  return high;
}

const std::vector<double>& even_shares(int coordinate) {
  static const Points points = [] {
    constexpr std::size_t generator = 209;  // of those for 512 points, one whose planes lie closest
    Points shares;
    std::size_t step = 1;
    for (std::vector<double>& share : shares) {
      for (std::size_t i = 0; i < even_points; ++i) {
        share.push_back((static_cast<double>(i * step % even_points) + 0.5) / even_points);
      }
      step = step * generator % even_points;
    }
    return shares;
  }();
  return points.at(static_cast<std::size_t>(coordinate));
}

const std::vector<double>& even_deviates(int coordinate) {
  static const Points points = [] {
    Points deviates;
    for (int of = 0; of < dimensions; ++of) {
      for (const double share : even_shares(of)) {
        deviates.at(static_cast<std::size_t>(of)).push_back(gsl_cdf_ugaussian_Pinv(share));
      }
    }
    return deviates;
  }();
  return points.at(static_cast<std::size_t>(coordinate));
}

std::vector<double> variance_factors(double freedom, int coordinate) {
  if (freedom <= 0) return std::vector<double>(even_points, 1.0);
  // Quantiles of chi-squared cost microseconds each, and the cells of a comparison ask for the same ones.
  thread_local std::map<std::pair<double, int>, std::vector<double>> known;
  constexpr std::size_t most_kept = 64;
  const auto found = known.find({freedom, coordinate});
  if (found != known.end()) return found->second;
  if (known.size() >= most_kept) known.clear();
  std::vector<double> factors;
  for (const double share : even_shares(coordinate)) factors.push_back(freedom / gsl_cdf_chisq_Pinv(share, freedom));
  return known.emplace(std::pair{freedom, coordinate}, std::move(factors)).first->second;
}

}  // namespace cbench
