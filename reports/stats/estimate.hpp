// A quantity over repetitions of a trial, how well they know it, and whether the interval that says so can be trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cbench {

// How much an interval of 95 % is worth. docs/statistics.md has how often each kind held the truth in simulations.
enum class Trust : std::uint8_t {
  none,      // there is none: one repetition, or so few that it would reach down to zero
  few,       // fewer than `repetitions_to_trust`: it holds less often where the noise is lopsided
  drifting,  // neighbours among the repetitions are alike: they tell less than so many independent ones
  full,
};

inline constexpr std::size_t repetitions_to_trust = 5;

// A quantity over repetitions. The unit of repetition is the trial, a process of its own.
struct Estimate {
  std::size_t repetitions = 0;
  double mean = 0;
  double median = 0;
  double low = 0;  // 95 % interval, by Student's t; of one repetition there is none: low = high = mean
  double high = 0;
  bool drifting = false;
  double farthest = 0;  // how far from the mean the repetition lies that is farthest from it

  // One that is as wide as the mean itself says nothing but that there are too few repetitions.
  bool has_interval() const { return repetitions > 1 && relative_half_width() < 1; }
  double relative_half_width() const { return mean > 0 ? (high - low) / 2 / mean : 0; }
  Trust trust() const;
  // Why the interval is too short to trust, or is none: "2 repetitions". Empty where it is neither.
  std::string doubt() const;
};

enum class Scale : std::uint8_t {
  linear,       // the interval is that of the mean: of rates, which add up
  logarithmic,  // the interval is that of the geometric mean: of percentiles, which scatter by factors; never negative
};

struct EstimateOptions {
  // The smallest step that the values can show, in their own unit: equal counts are not known better than to one task.
  double resolution = 0;
  Scale scale = Scale::linear;
};

// `values` in the order in which they were measured.
Estimate estimate(const std::vector<double>& values, const EstimateOptions& options = {});

// For a table: "±1.2%"; "±<0.1%" where it would round to nothing, "±?" where there are too few repetitions for any, a
// question mark behind one that rests on two repetitions or on repetitions that drift. Empty of one repetition.
std::string plus_minus(const Estimate& estimate);

}  // namespace cbench
