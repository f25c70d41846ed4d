// Whether the noise floor of `cbench aa` holds: 95 % of differences between later sessions below it, and no more false
// alarms where the machine drifts.
#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/comparison.hpp"
#include "reports/stats/session_noise.hpp"
#include "tests/simulation/noise.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

using Values = std::vector<double>;

struct Machine {
  const Noise& noise;
  double size = 0.02;  // of a trial
  double drift = 0;    // between sessions: a standard deviation
};

Values session(Random& random, const Machine& machine, std::size_t repetitions) {
  return drawn(random, machine.noise, repetitions, 1000 * std::exp(machine.drift * random.normal()), machine.size);
}

SessionNoise floor_of(Random& random, const Machine& machine, std::size_t sessions, std::size_t repetitions) {
  std::vector<Values> all;
  for (std::size_t i = 0; i < sessions; ++i) all.push_back(session(random, machine, repetitions));
  return session_noise_of(all).value();
}

double geometric_mean(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

void coverage() {
  fmt::print(
      "\nDifferences between two later sessions that stay below the floor, % (95 are meant), and the floor itself "
      "(its\n"
      "median): 2 % of noise within a session, sessions of 3 repetitions, drift between them.\n\n"
      "| noise | drift | sessions | 3 v 3 | 5 v 5 | 10 v 10 |\n|:--|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : {noises()[0], noises()[1], noises()[3]}) {
    for (const double drift : {0.0, 0.01, 0.03, 0.1}) {
      for (const std::size_t sessions : {3U, 6U, 12U}) {
        if (sessions != 6 && (drift == 0.1 || noise.name != "normal")) continue;
        const Machine machine{noise, 0.02, drift};
        std::string row = fmt::format("| {} | {:g} % | {} |", noise.name, 100 * drift, sessions);
        for (const std::size_t repetitions : {3U, 5U, 10U}) {
          Random random(1);
          const int floors = draws(2000);
          int below = 0;
          std::vector<double> sizes;
          for (int i = 0; i < floors; ++i) {
            sizes.push_back(floor_of(random, machine, sessions, 3).largest_difference(repetitions, repetitions));
            const double a = geometric_mean(session(random, machine, repetitions));
            const double b = geometric_mean(session(random, machine, repetitions));
            below += std::max(a, b) / std::min(a, b) - 1 <= sizes.back();
          }
          row += fmt::format(" {:.1f} (±{:.1f} %) |", 100.0 * below / floors, 100 * median_of(sizes));
        }
        fmt::print("{}\n", row);
      }
    }
  }
}

void false_alarms() {
  fmt::print(
      "\nComparisons of 12 unchanged cells on a machine that drifts between the two sides, that call any of them a\n"
      "difference, % (at most 5 are meant): threshold 5 %, 2 % of noise, 3 repetitions.\n\n"
      "| noise | drift | without a noise floor | with one of 6 sessions |\n|:--|--:|--:|--:|\n");
  for (const Noise& noise : {noises()[0], noises()[1], noises()[3]}) {
    for (const double drift : {0.0, 0.01, 0.03, 0.1}) {
      const Machine machine{noise, 0.02, drift};
      Random random(2);
      const int families = draws(500);
      int without = 0;
      int with = 0;
      for (int i = 0; i < families; ++i) {
        std::vector<Pair> pairs(12);
        for (Pair& pair : pairs) {
          pair = {.base = session(random, machine, 3),
                  .changed = session(random, machine, 3),
                  .resolution = 0,
                  .drift = floor_of(random, machine, 6, 3),
                  .not_comparable = {}};
        }
        const auto alarms = [&] {
          return std::ranges::any_of(compare(pairs, {.look_ahead = false}), [](const Comparison& c) {
            return c.outcome == Outcome::regression || c.outcome == Outcome::improvement;
          });
        };
        with += alarms();
        for (Pair& pair : pairs) pair.drift.reset();
        without += alarms();
      }
      fmt::print("| {} | {:g} % | {:.1f} | {:.1f} |\n", noise.name, 100 * drift, 100.0 * without / families,
                 100.0 * with / families);
    }
  }
}

}  // namespace

void noise_floor() {
  fmt::print("## Noise floor\n");
  coverage();
  false_alarms();
}

}  // namespace cbench::simulation
