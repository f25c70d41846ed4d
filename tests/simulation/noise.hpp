// How repetitions of a trial may scatter, on logarithms: the shapes that trials on real machines show, of known size.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "reports/stats/resampling.hpp"

namespace cbench::simulation {

struct Noise {
  std::string_view name;
  double (*draw)(Random& random, double size);  // an error; `size` is about its standard deviation
};

// Normal; lopsided (an exponential loss); heavy-tailed (Student's t with 3 degrees of freedom); normal with every tenth
// trial stalled by 5 to 35 %.
std::span<const Noise> noises();
// Two placements of equal chance, twice `size` apart, with little scatter of their own.
extern const Noise two_modes;

std::vector<double> drawn(Random& random, const Noise& noise, std::size_t count, double middle, double size);
// Each error holds `share` of the one before it; of the same size in the long run.
std::vector<double> drawn_in_a_row(Random& random, std::size_t count, double middle, double size, double share);

// How far cells of one comparison differ in their noise.
enum class Sizes { alike, unlike };
double size_of_cell(Random& random, Sizes sizes, double size);

}  // namespace cbench::simulation
