// METG: whole searches on a model whose overhead is known, with the noise of trials and with trials that others
// disturb.
#include "reports/stats/metg.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "reports/stats/resampling.hpp"
#include "sweep/metg/metg_disturbance.hpp"
#include "sweep/metg/metg_search.hpp"
#include "tests/simulation/table.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

constexpr double overhead_s = 1e-6;

MetgSearch search_for(double target, std::uint32_t repetitions) {
  return {.targets = {target},
          .start_s = 10e-6,
          .least_s = 20e-9,
          .most_s = 4e-3,
          .repetitions = repetitions,
          .most_points = 35 + 4 * repetitions};
}

double efficiency_of(double task_s) { return task_s / (task_s + overhead_s); }

void coverage() {
  const int sets = draws(1000);
  print_header({"efficiency", "noise", "repetitions", "METG over the true one: 5 %", "median", "95 %",
                "interval covers the true one", "refused"});
  for (const double target : {0.5, 0.8}) {
    for (const double noise : {0.01, 0.03, 0.1}) {
      for (const std::uint32_t repetitions : {3U, 5U}) {
        Random random(1);
        const double truth = overhead_s / (1 - target);
        std::vector<double> ratios;
        int covered = 0;
        for (int i = 0; i < sets; ++i) {
          std::vector<GranularityPoint> points;
          while (const auto size = next_size(points, search_for(target, repetitions))) {
            points.push_back({*size, efficiency_of(*size) * (1 + noise * random.normal())});
          }
          const Metg found = metg(points, target, 200, static_cast<std::uint64_t>(i));
          if (!found.granularity_s) continue;
          ratios.push_back(*found.granularity_s / truth);
          covered += found.interval.contains(truth);
        }
        const auto told = static_cast<int>(ratios.size());
        print_row({fmt::format("{:g} %", 100 * target), fmt::format("{:g} %", 100 * noise),
                   fmt::format("{}", repetitions), fmt::format("{:.2f}", quantile_of(ratios, 0.05)),
                   fmt::format("{:.2f}", median_of(ratios)), fmt::format("{:.2f}", quantile_of(ratios, 0.95)),
                   share(covered, told), share(sets - told, sets)});
      }
    }
  }
}

// A search as `cbench metg` runs it; in a share of the trials others take 70 % of the CPUs.
void disturbance() {
  const int sets = draws(1000);
  constexpr double target = 0.8;
  print_header({"trials disturbed", "METG within 20 % of the true one", "farther off",
                "farther off, without a word on it", "not told", "trials of a search"});
  for (const double disturbed : {0.0, 0.1, 0.3, 0.5, 0.8, 1.0}) {
    Random random(1);
    int right = 0;
    int wrong = 0;
    int in_silence = 0;
    std::size_t trials_of_all = 0;
    for (int i = 0; i < sets; ++i) {
      std::vector<GranularityTrial> trials;
      SiftedTrials sifted;
      std::vector<GranularityPoint> points;
      for (;;) {
        sifted = sift(trials);
        points.clear();
        for (const GranularityTrial& trial : sifted.kept) {
          points.push_back({static_cast<double>(trial.amount) * 1e-9, trial.throughput_per_s});
        }
        if (sifted.is_given_up()) break;
        std::optional<std::uint64_t> amount = sifted.again;
        if (!amount) {
          const auto size = next_size(points, search_for(target, 3));
          if (!size) break;
          amount = static_cast<std::uint64_t>(std::llround(*size * 1e9));
        }
        const double foreign = static_cast<double>(random.index(1000)) < 1000 * disturbed ? 0.7 : 0;
        const double reached = efficiency_of(static_cast<double>(*amount) * 1e-9) * (1 - foreign);
        trials.push_back({*amount, reached * (1 + 0.02 * random.normal()), foreign});
      }
      trials_of_all += trials.size();
      const Metg found = metg(points, target, 20);
      if (!found.granularity_s) continue;
      const bool is_right = std::abs(*found.granularity_s * (1 - target) / overhead_s - 1) < 0.2;
      right += is_right ? 1 : 0;
      wrong += is_right ? 0 : 1;
      in_silence += !is_right && sifted.disturbed.empty() ? 1 : 0;
    }
    print_row({fmt::format("{:g} %", 100 * disturbed), share(right, sets), share(wrong, sets), share(in_silence, sets),
               share(sets - right - wrong, sets), fmt::format("{}", trials_of_all / sets)});
  }
}

}  // namespace

void metg() {
  coverage();
  disturbance();
}

}  // namespace cbench::simulation
