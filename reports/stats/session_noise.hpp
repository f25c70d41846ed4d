// What the same cell differs from itself when it is measured again later: repetitions scatter within a session, and the
// machine drifts between sessions, which no number of repetitions in one of them shows.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "reports/stats/pooled_error.hpp"

namespace cbench {

inline constexpr std::size_t fewest_sessions = 3;  // from two, 95 % of differences would be a guess of one number

// A one-way analysis of variance, on logarithms.
struct SessionNoise {
  Scatter within;          // of repetitions about their session's mean
  Scatter between;         // of the sessions' means, times the repetitions of a session
  double repetitions = 0;  // of a session

  // The variance that the sessions add to that of their repetitions, where the variances were these.
  double drift(double between_variance, double within_variance) const;
  // The most likely one: a standard deviation. 0 where sessions differ by no more than their repetitions explain.
  double drift_deviation() const;

  // A relative difference between two sessions of so many repetitions, below which this share of differences stays: a
  // prediction interval.
  double largest_difference(std::size_t a, std::size_t b, double share = 0.95) const;
};

// The sessions' repetitions. Nothing where there are fewer than `fewest_sessions`, or none was repeated, or a value is
// not above 0.
std::optional<SessionNoise> session_noise_of(std::span<const std::vector<double>> sessions);

}  // namespace cbench
