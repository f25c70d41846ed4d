// What the turns of an order ask for, one after the other: a slot of a closed loop goes through them from some place
// on, and leaves none out. From that follows how many tasks it can have finished in a time, and which those are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "record/histogram.hpp"
#include "workloads/work.hpp"

namespace cbench {

// How often each turn of an order has come, at most.
using TurnCounts = std::vector<std::uint64_t>;

// A number for each turn of an order, which comes over and over. Nothing of it is negative.
class TurnSums {
 public:
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  explicit TurnSums(const std::vector<std::uint64_t>& of_turns);

  double mean() const { return static_cast<double>(before_[turns_]) / static_cast<double>(turns_); }
  // By which the sum of any turns in a row differs at most from as many times the mean.
  double unevenness() const { return unevenness_; }
  // Of the first so many turns.
  double sum_of_first(std::uint64_t turns) const;

  // How many turns in a row have a sum of `most` at most, from this one on; `unlimited` where all are 0.
  std::uint64_t reach(std::uint64_t first, std::uint64_t most) const;
  // The same from whichever turn it is most.
  std::uint64_t longest_reach(std::uint64_t most) const;

 private:
  std::size_t turns_;
  std::vector<std::uint64_t> before_;  // sums of two rounds
  double unevenness_ = 0;
};

// In ns, of the waits and requests of each turn; what a histogram cannot tell apart from an hour is one.
std::vector<std::uint64_t> waits_of_turns(const Work& work);

// Turns from one up to another, the latter excluded.
TurnCounts turns_between(std::size_t turns, std::uint64_t first, std::uint64_t last);

// Those that the slots of a closed loop can have finished in a time, which each began at its place of the order.
TurnCounts turns_of_slots(const Work& work, const TurnSums& waits, std::uint64_t slots, std::uint64_t time_ns);

// Of times that were told, the first that there are too many of so short: tasks that took no longer, and how many there
// can have been. A task takes no less than it waits, so that of any set of turns no more can.
struct TooMany {
  std::uint64_t within_ns = 0;
  std::uint64_t told = 0;  // 0: there are not too many
  std::uint64_t possible = 0;
  std::uint64_t shortest_ns = 0;  // wait of all
};
TooMany too_many_short(const Histogram& told, std::span<const std::uint64_t> waits, const TurnCounts& counts,
                       double error);

}  // namespace cbench
