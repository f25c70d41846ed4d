// Which rates of an open loop to measure for a curve of response time against load.
#pragma once

#include <cstddef>
#include <vector>

namespace cbench {

inline constexpr std::size_t fewest_curve_points = 4;
inline constexpr std::size_t most_curve_points = 20;

// Shares of the capacity, from the lowest up: from 0.1 to 0.95, then 1 and 1.05, in whole per cent.
//
// Up to 0.95 the distance that is left to the capacity shrinks by the same factor from one to the next: response times
// of a queue grow about as 1 / (1 - share) (of M/M/1 exactly), so that equal steps on the logarithmic axis of response
// times take points that lie the denser the closer the capacity is. 1 and 1.05 show what overload is like. `points`
// lies between the two bounds above.
std::vector<double> load_shares(std::size_t points);

// A share of the capacity as a rate, in tasks/s: to four digits, so that it is a number that people can type again.
double rate_at(double share, double capacity_per_s);

}  // namespace cbench
