// Whether the interval at which `--precision` stops repeating holds the truth: looking after every repetition favours
// those that happen to agree.
#include "reports/findings/precision.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "tests/simulation/noise.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {

void precision() {
  fmt::print(
      "\n`--precision 2%`: intervals at which repeating ends that hold the truth, %, and the repetitions it took (the "
      "mean).\nIn brackets, what stopping from two repetitions on would make of them.\n\n"
      "| noise | size | hold the truth | repetitions | at the cap of 30, % |\n|:--|--:|--:|--:|--:|\n");
  for (const Noise& noise : noises()) {
    for (const double size : {0.01, 0.02, 0.04}) {
      Random random(99);
      const double truth = mean_of(drawn(random, noise, 1'000'000, 1000, size));
      const int sets = draws(3000);
      const PrecisionGoal goal{.relative = 0.02};
      int held = 0;
      int held_from_two = 0;
      int capped = 0;
      double repetitions = 0;
      for (int i = 0; i < sets; ++i) {
        Cell cell;
        std::vector<double> values;
        Precision ends = Precision::undecided;
        bool two_ended = false;
        while (ends == Precision::undecided) {
          values.push_back(drawn(random, noise, 1, 1000, size).front());
          cell.throughput = estimate(values);
          const bool holds = cell.throughput.low <= truth && truth <= cell.throughput.high;
          ends = precision_of(cell, goal);
          if (!two_ended && values.size() > 1 &&
              (cell.throughput.relative_half_width() <= goal.relative || ends == Precision::capped)) {
            two_ended = true;
            held_from_two += holds;
          }
          if (ends != Precision::undecided) held += holds;
        }
        capped += ends == Precision::capped;
        repetitions += static_cast<double>(values.size()) / sets;
      }
      fmt::print("| {} | {:g} % | {:.0f} ({:.0f}) | {:.1f} | {:.0f} |\n", noise.name, 100 * size, 100.0 * held / sets,
                 100.0 * held_from_two / sets, repetitions, 100.0 * capped / sets);
    }
  }
}

}  // namespace cbench::simulation
