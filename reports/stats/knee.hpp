// Where a curve of response time against load bends: the rate beyond which more throughput costs more response time
// than it is worth.
//
// The criterion is Kleinrock's power, throughput over mean response time (L. Kleinrock, "Power and deterministic rules
// of thumb for probabilistic problems in computer communications", ICC 1979): the knee is where it is greatest. There a
// line from the origin touches the curve. Of M/M/1 that is at half of the capacity, whatever the unit of time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace cbench {

// One rate of a curve.
struct LoadPower {
  double rate_per_s = 0;
  std::vector<double> powers;  // of each repetition: throughput over mean response time, in tasks / s^2
  bool kept_up = true;         // else the model was overloaded in some repetition: its response times mean little
};

// The knee lies between two rates that were measured, or between none at all and the lowest of them.
struct Knee {
  double at_per_s = 0;    // the measured rate with the greatest power
  double low_per_s = 0;   // the rate next below those that may be the best; 0: the lowest rate may be
  double high_per_s = 0;  // the rate next above them
};

// Points by increasing rate. Rates whose power the repetitions do not tell from the greatest (tiers.hpp) may all be the
// knee, so that the interval reaches from the neighbour below all of them to the neighbour above. Only rates that the
// model kept up with may be the knee; those that it did not bound it from above. Nothing where no rate above was
// measured: power still grows, which a flat curve's does, or may grow. Nothing of fewer than three points.
std::optional<Knee> knee_of(std::span<const LoadPower> points);

}  // namespace cbench
