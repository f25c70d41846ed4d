// Errors whose size is itself an estimate: normal, with standard deviations as far apart as the estimate allows.
// Student's t is the simplest of them; with the drift between sessions added there is no closed form.
#pragma once

#include <cstddef>
#include <vector>

namespace cbench {

class ScaleMixture {
 public:
  // Each as likely as the others.
  explicit ScaleMixture(std::vector<double> standard_deviations);

  double share_beyond(double distance) const;  // of errors, on both sides
  double half_width(double confidence) const;  // beyond which all but this share lies

 private:
  std::vector<double> deviations_;
};

// Where integrals over what is not known are evaluated: points that fill the unit cube of four dimensions evenly, and
// each of its axes exactly (a lattice of Korobov's), without the noise of random draws.
inline constexpr std::size_t even_points = 512;

// One coordinate of each of the points: shares between 0 and 1, and the normal deviates that belong to them.
const std::vector<double>& even_shares(int coordinate);
const std::vector<double>& even_deviates(int coordinate);

// By what a variance, estimated with so many degrees of freedom, must be multiplied to be one that may stand behind it:
// for each of the points, by one coordinate.
std::vector<double> variance_factors(double freedom, int coordinate);

}  // namespace cbench
