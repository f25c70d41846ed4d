// Whether `cbench compare` is right: false alarms, what it finds, the repetitions it asks for, what it says that it
// could have seen.
#include "reports/stats/comparison.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "reports/stats/tiers.hpp"
#include "tests/simulation/noise.hpp"
#include "tests/simulation/topics.hpp"

namespace cbench::simulation {
namespace {

bool is_difference(const Comparison& c) {
  return c.outcome == Outcome::regression || c.outcome == Outcome::improvement;
}

struct Family {
  std::size_t cells = 12;
  std::size_t base = 3;
  std::size_t changed = 3;
  Sizes sizes = Sizes::unlike;
  double size = 0.03;
  double planted = 1;  // the ratio of the first cell; the others are the same on both sides
};

std::vector<Pair> pairs_of(Random& random, const Noise& noise, const Family& family) {
  std::vector<Pair> pairs(family.cells);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // The planted cell scatters by exactly `size`, so that rows can be read.
    const double size = i == 0 ? family.size : size_of_cell(random, family.sizes, family.size);
    pairs[i].base = drawn(random, noise, family.base, 1000, size);
    pairs[i].changed = drawn(random, noise, family.changed, i == 0 ? 1000 * family.planted : 1000, size);
  }
  return pairs;
}

struct FalseAlarms {
  double any = 0;       // share of families that call anything a difference
  double beyond_5 = 0;  // where only what lies beyond 5 % is one
};

FalseAlarms share_of_false_alarms(const Noise& noise, const Family& family) {
  const int families = draws(4000);
  Random random(1);
  FalseAlarms alarms;
  for (int i = 0; i < families; ++i) {
    bool any = false;
    bool beyond_5 = false;
    for (const Comparison& c : compare(pairs_of(random, noise, family), {.threshold = 0, .look_ahead = false})) {
      any |= is_difference(c);
      beyond_5 |= is_difference(c) && std::abs(std::log(c.ratio)) > std::log1p(0.05);
    }
    alarms.any += any ? 1.0 / families : 0;
    alarms.beyond_5 += beyond_5 ? 1.0 / families : 0;
  }
  return alarms;
}

void false_alarms() {
  fmt::print(
      "\nComparisons of unchanged cells that call any of them a difference, % (at most 5 are meant), without a\n"
      "threshold and, in brackets, with that of 5 %. Noise of 3 %; cells unlike: from one cell to the next it differs\n"
      "by factors (a third of them has more than twice or less than half of it).\n\n"
      "| noise | cells | 1 cell, 3 v 3 | 12 cells, 3 v 3 | 40 cells, 3 v 3 | 12 cells, 5 v 5 | 12 cells, 10 v 10 | 12 "
      "cells, 3 v 10 |\n"
      "|:--|:--|--:|--:|--:|--:|--:|--:|\n");
  std::vector<Noise> all(noises().begin(), noises().end());
  all.push_back(two_modes);
  for (const Noise& noise : all) {
    for (const Sizes sizes : {Sizes::alike, Sizes::unlike}) {
      std::string row = fmt::format("| {} | {} |", noise.name, sizes == Sizes::alike ? "alike" : "unlike");
      for (const Family& family : {Family{.cells = 1}, Family{}, Family{.cells = 40}, Family{.base = 5, .changed = 5},
                                   Family{.base = 10, .changed = 10}, Family{.base = 3, .changed = 10}}) {
        Family one = family;
        one.sizes = sizes;
        const FalseAlarms alarms = share_of_false_alarms(noise, one);
        row += fmt::format(" {:.1f} ({:.1f}) |", 100 * alarms.any, 100 * alarms.beyond_5);
      }
      fmt::print("{}\n", row);
    }
  }
}

double share_found(const Noise& noise, const Family& family) {
  const int families = draws(1000);
  Random random(2);
  int found = 0;
  for (int i = 0; i < families; ++i) {
    const Outcome outcome = compare(pairs_of(random, noise, family), {.look_ahead = false}).front().outcome;
    found += outcome == (family.planted < 1 ? Outcome::regression : Outcome::improvement);
  }
  return static_cast<double>(found) / families;
}

void found() {
  fmt::print(
      "\nPlanted slowdowns that are called a regression, %: one of 12 unlike cells, threshold 5 %.\n\n"
      "| noise | size | repetitions | 10 x | 2 x | 1.3 x | 1.2 x | 1.1 x |\n|:--|--:|--:|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : noises()) {
    for (const auto& [size, repetitions] :
         {std::pair{0.02, 3}, {0.03, 3}, {0.05, 3}, {0.1, 3}, {0.05, 5}, {0.1, 5}, {0.05, 10}, {0.1, 10}}) {
      std::string row = fmt::format("| {} | {:g} % | {} |", noise.name, 100 * size, repetitions);
      for (const double factor : {10.0, 2.0, 1.3, 1.2, 1.1}) {
        const auto count = static_cast<std::size_t>(repetitions);
        row += fmt::format(
            " {:.0f} |",
            100 * share_found(noise, {.base = count, .changed = count, .size = size, .planted = 1 / factor}));
      }
      fmt::print("{}\n", row);
    }
  }
}

void needed() {
  fmt::print(
      "\n\"Needs N\": comparisons that were inconclusive, measured again with the N that was said, and decided then, "
      "%\n(four in five are meant). At the threshold itself, 1.05 x, no number decides which side it lies on.\n\n"
      "| noise | true ratio | size | repetitions | cells | inconclusive, % | of these with an N, % | median N | "
      "decided "
      "with "
      "N, % |\n|:--|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  struct Row {
    std::size_t noise;
    double ratio;
    double size;
    std::size_t repetitions;
    std::size_t cells;
  };
  for (const Row& row : {Row{0, 1, 0.05, 3, 1}, {0, 1.02, 0.05, 3, 1}, {0, 1.05, 0.05, 3, 1}, {0, 1.1, 0.05, 3, 1},
                         {0, 1.2, 0.05, 3, 1},  {0, 1, 0.05, 5, 1},    {0, 1.1, 0.05, 5, 1},  {0, 1.2, 0.1, 5, 1},
                         {0, 1, 0.1, 10, 1},    {0, 1.1, 0.1, 10, 1},  {0, 1, 0.05, 3, 12},   {0, 1.1, 0.05, 3, 12},
                         {0, 1.2, 0.05, 3, 12}, {0, 1.3, 0.1, 3, 12},  {0, 1.2, 0.1, 5, 12},  {1, 1, 0.05, 3, 12},
                         {1, 1.2, 0.05, 3, 12}, {2, 1.2, 0.05, 3, 12}, {3, 1, 0.02, 5, 12},   {3, 1.2, 0.02, 5, 12}}) {
    const Noise& noise = noises()[row.noise];
    Random random(3);
    const int pilots = draws(300);
    int inconclusive = 0;
    int decided = 0;
    std::vector<double> numbers;
    for (int i = 0; i < pilots; ++i) {
      Family family{.cells = row.cells,
                    .base = row.repetitions,
                    .changed = row.repetitions,
                    .size = row.size,
                    .planted = row.ratio};
      const Comparison pilot = compare(pairs_of(random, noise, family), {}).front();
      if (pilot.outcome != Outcome::inconclusive) continue;
      ++inconclusive;
      if (!pilot.repetitions_needed) continue;
      numbers.push_back(static_cast<double>(*pilot.repetitions_needed));
      family.base = family.changed = *pilot.repetitions_needed;
      const Comparison again = compare(pairs_of(random, noise, family), {.look_ahead = false}).front();
      decided += again.outcome != Outcome::inconclusive;
    }
    const auto named = static_cast<double>(numbers.size());
    fmt::print("| {} | {:g} | {:g} % | {} | {} | {:.0f} | {} | {} | {} |\n", noise.name, row.ratio, 100 * row.size,
               row.repetitions, row.cells, 100.0 * inconclusive / pilots,
               inconclusive > 0 ? fmt::format("{:.0f}", 100 * named / inconclusive) : "-",
               numbers.empty() ? "-" : fmt::format("{:.0f}", median_of(numbers)),
               numbers.empty() ? "-" : fmt::format("{:.0f}", 100 * decided / named));
  }
}

void seen() {
  fmt::print(
      "\nThe smallest effect that would have been seen, as it is said (the median), and how often an effect of what "
      "was\nsaid is indeed found, % (90 are meant): normal noise, one of the cells.\n\n"
      "| size | repetitions | cells | smallest effect | found, % |\n|--:|--:|--:|--:|--:|\n");
  for (const auto& [size, repetitions, cells] : {std::tuple{0.01, 3, 1},
                                                 {0.03, 3, 1},
                                                 {0.1, 3, 1},
                                                 {0.03, 3, 12},
                                                 {0.1, 3, 12},
                                                 {0.03, 5, 12},
                                                 {0.1, 5, 12},
                                                 {0.03, 10, 12},
                                                 {0.1, 10, 12}}) {
    Random random(4);
    const int experiments = draws(600);
    int found = 0;
    std::vector<double> said;
    const auto count = static_cast<std::size_t>(repetitions);
    Family family{.cells = static_cast<std::size_t>(cells), .base = count, .changed = count, .size = size};
    for (int i = 0; i < experiments; ++i) {
      family.planted = 1;
      said.push_back(compare(pairs_of(random, noises().front(), family), {}).front().smallest_effect_seen);
      family.planted = 1 + said.back();
      const auto again = compare(pairs_of(random, noises().front(), family), {.look_ahead = false});
      found += again.front().outcome == Outcome::improvement;
    }
    fmt::print("| {:g} % | {} | {} | {:.0f} % | {:.0f} |\n", 100 * size, repetitions, cells, 100 * median_of(said),
               100.0 * found / experiments);
  }
}

void ranked() {
  fmt::print(
      "\nTiers of eight models in steps of equal ratio, 3 % of noise: orders that are said and wrong, models more than "
      "a\nfactor of two apart in one tier, and models whose place is not sure, % of pairs of neighbours or of "
      "models.\n\n"
      "| noise | step | repetitions | wrong order | tied beyond 2 x | not sure |\n|:--|--:|--:|--:|--:|--:|\n");
  for (const Noise& noise : noises()) {
    for (const auto& [step, repetitions] : {std::pair{1.0, 3}, {1.05, 3}, {1.3, 3}, {2.5, 2}, {2.5, 3}, {1.05, 10}}) {
      Random random(5);
      const int tables = draws(1000);
      constexpr int models = 8;
      int wrong = 0;
      int tied = 0;
      int unsure = 0;
      for (int i = 0; i < tables; ++i) {
        std::vector<std::vector<double>> cells;
        for (int k = 0; k < models; ++k) {
          cells.push_back(drawn(random, noise, static_cast<std::size_t>(repetitions), 1000 * std::pow(step, -k),
                                size_of_cell(random, Sizes::unlike, 0.03)));
        }
        const std::vector<TierPlace> places = tiers_of(cells, true);
        for (std::size_t k = 0; k < models; ++k) {
          unsure += !places[k].sure;
          if (k == 0) continue;
          wrong += places[k].tier < places[k - 1].tier || (step == 1 && places[k].tier > places[k - 1].tier);
          tied += step > 2 && places[k].tier == places[k - 1].tier;
        }
      }
      fmt::print("| {} | {:g} | {} | {:.2f} | {:.2f} | {:.2f} |\n", noise.name, step, repetitions,
                 100.0 * wrong / tables / (models - 1), 100.0 * tied / tables / (models - 1),
                 100.0 * unsure / tables / models);
    }
  }
}

}  // namespace

void comparison() {
  fmt::print("## Comparing results\n");
  false_alarms();
  found();
  needed();
  seen();
  ranked();
}

}  // namespace cbench::simulation
