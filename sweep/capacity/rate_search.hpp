// Which rates to try to find the highest that meets its objectives: the rules of MLRsearch (FD.io CSIT;
// draft-ietf-bmwg-mlrsearch), with votes on latency in place of lost packets. Pure: from what was measured to what is
// next, and to what is known. docs/capacity.md has the rules in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "reports/stats/capacity.hpp"

namespace cbench {

// What one trial says of one goal.
enum class Vote : std::uint8_t {
  passes,
  fails,
  none,  // it cannot tell: too few requests for a percentile, or what it measured is not the model
};

// What is searched for: the highest rate at which trials pass.
struct RateGoal {
  double least_tasks = 0;     // in a trial of fewer requests no percentile of this goal is known
  double width = 0.02;        // how close its bounds shall be, and its interval: high over low, less 1
  double exceed_ratio = 0.5;  // the share of the trials at a rate that may fail where the rate passes
};

struct RateSearch {
  std::vector<RateGoal> goals;
  double guess_per_s = 0;  // about where the answer is, or above
  double least_per_s = 0;  // no rate is below or above these
  double most_per_s = 0;
  double trial_s = 1;        // the window of a trial that decides; the first ones are shorter
  double time_s = 60;        // for all trials
  double overhead_s = 0.4;   // of a trial beyond its window, until trials have shown it
  std::uint32_t trials = 3;  // that decide on a rate, at first
  std::size_t most_trials = 400;
};

struct RateTrial {
  double rate_per_s = 0;
  double window_s = 0;
  double took_s = 0;        // all of it: set-up, warm-up, window, draining
  bool measured = true;     // false: the generator or the peer was the bottleneck
  std::vector<Vote> votes;  // one for each goal
  double served_per_s = 0;  // of what its rate brings on average; 0: not known
};

struct AskedTrial {
  double rate_per_s = 0;
  double window_s = 0;
  std::size_t goal = 0;  // that asks for it; it votes on the others too
};

// Nothing where all goals are met as well as they can be, or the next trial would end beyond `time_s`. Rates repeat
// exactly: the same double each time.
std::optional<AskedTrial> next_trial(const RateSearch& search, std::span<const RateTrial> trials);

// What is known of a capacity.
enum class Known : std::uint8_t {
  found,
  at_least,     // no rate that could be measured fails: the capacity lies above
  none_passes,  // not even the lowest rate
  cannot_tell,  // too few trials in the time, or trials that contradict each other
};

struct RateAnswer {
  Known known = Known::cannot_tell;
  std::optional<double> passing_per_s;     // the highest rate that passes, below all that fail
  std::optional<double> lower_per_s;       // the same, or what was served of it where that is less
  std::optional<double> upper_per_s;       // the lowest rate that fails
  bool upper_is_unmeasured = false;        // it is the lowest at which generator or peer were the bottleneck
  std::optional<CapacityBelief> capacity;  // where it is `found`
  bool is_narrow = false;                  // the interval is as narrow as the goal asks
  bool contradictory = false;              // a rate fails below one that passes
  bool too_slow_to_judge = false;          // lower rates have too few requests in a trial that the time allows
  std::vector<RateVotes> votes;            // by rising rate, of the trials that decide
  // Half of the trials pass at this rate, but less than that was served there, and above: by so much that the votes
  // alone would not allow for it. The capacity is then what was served.
  std::optional<double> passes_unserved_per_s;
};
RateAnswer answer_of(const RateSearch& search, std::size_t goal, std::span<const RateTrial> trials);

}  // namespace cbench
