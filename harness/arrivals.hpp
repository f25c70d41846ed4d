// When the tasks of an open load are due: in closed form from a seed (docs/protocol.md), so that models of every
// language have the same schedule, and who checks them has it too.
#pragma once

#include <chrono>
#include <cstdint>

#include "record/load_spec.hpp"

namespace cbench {

struct ArrivalRule {
  double rate_per_s = 0;
  bool poisson = true;     // else equally spaced
  std::uint64_t seed = 0;  // of Poisson arrivals
};

// Of a trial's own seed, from which its demands are drawn: independent of those.
std::uint64_t seed_of_arrivals(std::uint64_t seed);
ArrivalRule arrival_rule(const LoadSpec& load, std::uint64_t seed_of_arrivals);

// One arrival after the other, from number 0. A plain value: a copy goes on where it was copied.
class Arrivals {
 public:
  Arrivals() = default;
  explicit Arrivals(const ArrivalRule& rule);

  std::uint64_t number() const { return number_; }
  // When it is due, in ns after the epoch.
  std::uint64_t due_ns() const;
  // To the next one: about 20 ns.
  void advance();

 private:
  void add_gap();

  ArrivalRule rule_;
  std::uint64_t number_ = 0;
  double gaps_ = 0;  // up to this arrival, in mean gaps
};

// How many are due before this long after the epoch. Takes as long as walking over them.
std::uint64_t arrivals_before(const ArrivalRule& rule, std::chrono::nanoseconds after_epoch);

}  // namespace cbench
