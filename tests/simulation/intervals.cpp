// Whether the intervals beside a mean, and beside a percentile, hold the truth.
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/comparison.hpp"
#include "reports/stats/estimate.hpp"
#include "tests/simulation/noise.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

constexpr double middle = 1000;

// What the mean of many would be.
double true_mean(const Noise& noise, double size) {
  Random random(99);
  return mean_of(drawn(random, noise, 1'000'000, middle, size));
}

struct Coverage {
  double all = 0;      // share of sets whose interval holds the truth
  double trusted = 0;  // share of sets that are trusted
  double of_trusted = 0;
};

template <class Draw>
Coverage coverage_of(Draw draw, double truth, const EstimateOptions& options) {
  Random random(1);
  const int sets = draws(4000);
  int held = 0;
  int trusted = 0;
  int held_trusted = 0;
  for (int i = 0; i < sets; ++i) {
    const Estimate known = estimate(draw(random), options);
    const bool holds = known.low <= truth && truth <= known.high;
    held += holds;
    trusted += known.trust() == Trust::full;
    held_trusted += holds && known.trust() == Trust::full;
  }
  return {static_cast<double>(held) / sets, static_cast<double>(trusted) / sets,
          trusted > 0 ? static_cast<double>(held_trusted) / trusted : 0};
}

std::string text_of(const Coverage& coverage) {
  return coverage.trusted > 0 ? fmt::format(" {:.0f} ({:.0f} of {:.0f}) |", 100 * coverage.all,
                                            100 * coverage.of_trusted, 100 * coverage.trusted)
                              : fmt::format(" {:.0f} |", 100 * coverage.all);
}

void means() {
  fmt::print(
      "\nIntervals of a mean throughput that hold the truth, % (95 are meant): 5 % of noise. In brackets, of those "
      "that "
      "are\ntrusted, and how many are, %: five repetitions or more, which do not drift. \"In a row\": each repetition "
      "keeps\nthat share of the error of the one before it, as where the machine drifts slowly.\n\n"
      "| noise | 2 | 3 | 5 | 10 | 20 |\n|:--|--:|--:|--:|--:|--:|\n");
  std::vector<Noise> all(noises().begin(), noises().end());
  all.push_back(two_modes);
  for (const Noise& noise : all) {
    const double truth = true_mean(noise, 0.05);
    std::string row = fmt::format("| {} |", noise.name);
    for (const std::size_t count : {2U, 3U, 5U, 10U, 20U}) {
      row += text_of(coverage_of([&](Random& random) { return drawn(random, noise, count, middle, 0.05); }, truth, {}));
    }
    fmt::print("{}\n", row);
  }
  for (const double share : {0.3, 0.6}) {
    std::string row = fmt::format("| in a row, {:g} |", share);
    for (const std::size_t count : {2U, 3U, 5U, 10U, 20U}) {
      row += text_of(coverage_of([&](Random& random) { return drawn_in_a_row(random, count, middle, 0.05, share); },
                                 middle * std::exp(0.05 * 0.05 / 2), {}));
    }
    fmt::print("{}\n", row);
  }
}

void percentiles() {
  fmt::print(
      "\nIntervals of p99 between repetitions, on a logarithmic scale, that hold the p99 of most repetitions (the "
      "median "
      "of\nwhat a trial shows), %, and, in brackets, those of a linear scale that would reach below 0, %: noise of "
      "factors.\n\n| noise | size | 2 | 3 | 5 | 10 |\n|:--|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : {noises()[0], noises()[2]}) {
    for (const double size : {0.2, 0.7}) {
      std::string row = fmt::format("| {} | x {:.1f} |", noise.name, std::exp(size));
      for (const std::size_t count : {2U, 3U, 5U, 10U}) {
        Random random(2);
        const int sets = draws(4000);
        int held = 0;
        int negative = 0;
        for (int i = 0; i < sets; ++i) {
          const std::vector<double> values = drawn(random, noise, count, middle, size);
          const Estimate known = estimate(values, {.scale = Scale::logarithmic});
          held += known.low <= middle && middle <= known.high;
          negative += estimate(values).low < 0;
        }
        row += fmt::format(" {:.0f} ({:.0f}) |", 100.0 * held / sets, 100.0 * negative / sets);
      }
      fmt::print("{}\n", row);
    }
  }
}

void counts() {
  fmt::print(
      "\nThroughput of few tasks, counted in whole ones over 2 s: intervals that hold the rate, %, without and with "
      "what one\ntask more or less is worth. Tasks take turns of equal length, which is what makes counts equal; 0.5 % "
      "of noise.\n\n"
      "| tasks a window | 3, without | 3, with | 5, without | 5, with |\n|--:|--:|--:|--:|--:|\n");
  for (const double tasks : {17.4, 99.4, 1000.4, 100000.4}) {
    std::string row = fmt::format("| {:.0f} |", tasks);
    for (const std::size_t count : {3U, 5U}) {
      const auto count_in_window = [&](Random& random) {
        std::vector<double> rates = drawn(random, noises().front(), count, tasks / 2, 0.005);
        for (double& rate : rates) rate = std::floor(rate * 2) / 2;
        return rates;
      };
      for (const double resolution : {0.0, 0.5}) {
        row += fmt::format(" {:.0f} |", 100 * coverage_of(count_in_window, tasks / 2, {.resolution = resolution}).all);
      }
    }
    fmt::print("{}\n", row);
  }
}

// `size_of_base` is the noise of the first of the two.
void ratios_with(double size_of_base) {
  fmt::print("| noise | 2 v 2 | 3 v 3 | 5 v 5 | 10 v 10 | 3 v 10 |\n|:--|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : noises()) {
    std::string row = fmt::format("| {} |", noise.name);
    for (const auto& [a, b] : {std::pair{2U, 2U}, {3U, 3U}, {5U, 5U}, {10U, 10U}, {3U, 10U}}) {
      Random random(3);
      const int sets = draws(4000);
      const double truth = 1.7 * true_mean(noise, 0.05) / true_mean(noise, size_of_base);
      int held = 0;
      for (int i = 0; i < sets; ++i) {
        const Interval ratio = interval_of_ratio(drawn(random, noise, a, middle, size_of_base),
                                                 drawn(random, noise, b, 1.7 * middle, 0.05));
        held += ratio.contains(truth);
      }
      row += fmt::format(" {:.0f} |", 100.0 * held / sets);
    }
    fmt::print("{}\n", row);
  }
}

void ratios() {
  fmt::print("\nIntervals of a ratio of two means (speedup) that hold the truth, %: 5 % of noise on either side.\n\n");
  ratios_with(0.05);
  fmt::print(
      "\nThe same where the baseline repeats to within 0.5 %, and the model alone scatters by 5 %: each side by its "
      "own\n(Welch), since with what the two scatter pooled 89 of 100 intervals of three repetitions would hold.\n\n");
  ratios_with(0.005);
}

}  // namespace

void intervals() {
  fmt::print("## Intervals and repetitions\n");
  means();
  percentiles();
  counts();
  ratios();
}

}  // namespace cbench::simulation
