// Advice on how far models go under objectives: the highest rates that they sustain.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "reports/advice/advice.hpp"
#include "reports/advice/costs.hpp"
#include "reports/stats/capacity.hpp"

namespace cbench {

// What a search found for one model.
struct SustainedRate {
  enum class Told : std::uint8_t {
    found,
    at_least,     // `lower_per_s` passes, and above it nothing could be measured
    none_passes,  // not even the lowest rate
    cannot_tell,
    failed,  // there was no search
  };
  std::string label;
  Told told = Told::cannot_tell;
  std::optional<CapacityBelief> capacity;  // where it was found
  double lower_per_s = 0;                  // where it is a bound
  std::string limit;  // what trials above it failed by: an objective, "overload", "errors", "generator", "peer"
  double foreign_cpu_share = 0;  // CPUs that others had meanwhile, the mean
  double steal_share = 0;        // of these, what the hypervisor took
  bool is_narrow = true;         // the interval is as narrow as was asked for
  Cost cost;                     // at the highest rate that passes
};

// By capacity: the best, and those of which the interval of the ratio to the best holds 1. A lower bound has no place
// in that order: where one may lie above the best, nothing is chosen unless its bound is above the intervals of all
// others.
// Nothing is chosen either where other programs used 30 % of a CPU or more: a model of many threads takes more of such
// a machine than one of few.
Advice advice_on_capacity(std::span<const SustainedRate> rates, const std::string& slo);

// "fibers sustains 27.0k/s [26.1k, 27.9k], 1.35 times 20k/s; ...": how much more than this rate those take; empty where
// nothing is known of any.
std::string head_room(std::span<const SustainedRate> rates, double rate_per_s);

}  // namespace cbench
