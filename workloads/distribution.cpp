#include "workloads/distribution.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <gsl/gsl_cdf.h>

namespace cbench {
namespace {

constexpr double z_of_p99 = 2.3263478740408408;  // the normal distribution's

// The steps, in 2,000ths: 23 of 4 %, 6 of 1 %, and ever narrower ones around p99 and p99.9.
constexpr std::uint64_t finest = 2000;
constexpr std::array<std::uint64_t, 41> edges{0,    80,   160,  240,  320,  400,  480,  560,  640,  720,  800,
                                              880,  960,  1040, 1120, 1200, 1280, 1360, 1440, 1520, 1600, 1680,
                                              1760, 1840, 1860, 1880, 1900, 1920, 1940, 1960, 1964, 1968, 1972,
                                              1976, 1984, 1988, 1992, 1996, 1997, 1999, 2000};

std::size_t step_of(std::size_t rank, std::size_t count) {
  const std::uint64_t at = (2 * rank + 1) * finest / (2 * count);
  return static_cast<std::size_t>(std::ranges::upper_bound(edges, at) - edges.begin());
}

std::uint64_t to_four_digits(double value) {
  if (!(value > 0)) return 0;
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 3));
  return static_cast<std::uint64_t>(std::llround(std::round(value / unit) * unit));
}

// The integral of -ln(1 - u) from 0 to `u`: of the exponential distribution with mean 1, by rank.
double exponential_below(double u) { return u < 1 ? u + (1 - u) * std::log1p(-u) : 1; }

}  // namespace

Distribution Distribution::constant(std::uint64_t value) {
  Distribution made;
  made.first_ = value;
  return made;
}

Distribution Distribution::uniform(std::uint64_t from, std::uint64_t to) {
  Distribution made = constant(from);
  made.kind_ = Kind::uniform;
  made.second_ = to;
  return made;
}

Distribution Distribution::exponential(std::uint64_t mean) {
  Distribution made = constant(mean);
  made.kind_ = Kind::exponential;
  return made;
}

Distribution Distribution::lognormal(std::uint64_t median, std::uint64_t p99) {
  Distribution made = uniform(median, p99);
  made.kind_ = Kind::lognormal;
  return made;
}

Distribution Distribution::values(std::vector<Weighted> values) {
  Distribution made;
  made.kind_ = Kind::values;
  made.values_ = std::move(values);
  return made;
}

double Distribution::mean() const {
  if (kind_ != Kind::values) return mean_between(0, 1);
  double sum = 0;
  double weights = 0;
  for (const Weighted& one : values_) {
    sum += static_cast<double>(one.value) * one.weight;
    weights += one.weight;
  }
  return sum / weights;
}

double Distribution::mean_between(double from, double to) const {
  const auto first = static_cast<double>(first_);
  const auto second = static_cast<double>(second_);
  switch (kind_) {
    case Kind::constant: return first;
    case Kind::uniform: return first + (second - first) * (from + to) / 2;
    case Kind::exponential: return first * (exponential_below(to) - exponential_below(from)) / (to - from);
    case Kind::lognormal: {
      const double sigma = std::log(second / first) / z_of_p99;
      const auto below = [&](double u) {
        if (u <= 0) return 0.0;
        return u < 1 ? gsl_cdf_ugaussian_P(gsl_cdf_ugaussian_Pinv(u) - sigma) : 1.0;
      };
      return first * std::exp(sigma * sigma / 2) * (below(to) - below(from)) / (to - from);
    }
    case Kind::values: break;
  }
  return mean();
}

std::vector<std::uint64_t> Distribution::ranks(std::size_t count) const {
  if (kind_ == Kind::constant) return std::vector<std::uint64_t>(count, first_);
  if (kind_ == Kind::values) return listed(count);
  std::vector<std::uint64_t> out;
  const auto share = [&](std::size_t rank) { return static_cast<double>(rank) / static_cast<double>(count); };
  while (out.size() < count) {
    const std::size_t begin = out.size();
    std::size_t end = begin + 1;
    while (end < count && step_of(end, count) == step_of(begin, count)) ++end;
    out.resize(end, to_four_digits(mean_between(share(begin), share(end))));
  }
  return out;
}

std::vector<std::uint64_t> Distribution::listed(std::size_t count) const {
  std::uint64_t weights = 0;
  for (const Weighted& one : values_) weights += one.weight;
  std::vector<std::uint64_t> out;
  std::uint64_t below = 0;
  for (const Weighted& one : values_) {
    below += one.weight;
    while (out.size() < count && (2 * out.size() + 1) * weights < 2 * count * below) out.push_back(one.value);
  }
  return out;
}

std::uint64_t Distribution::largest() const {
  switch (kind_) {
    case Kind::constant: return first_;
    case Kind::uniform: return second_;
    case Kind::values: return std::ranges::max(values_, {}, &Weighted::value).value;
    case Kind::exponential:
    case Kind::lognormal: break;
  }
  constexpr std::size_t most_ranks = 20'000;  // more than any class has turns
  return ranks(most_ranks).back();
}

}  // namespace cbench
