// Which model serves a load best, by tiers: models that the repetitions do not tell apart share one, but never where
// they lie more than a factor of two apart. Ranked here once, for every table, picture and report; verdict.hpp says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/cells/cells.hpp"
#include "reports/stats/tiers.hpp"

namespace cbench {

enum class RankedBy : std::uint8_t { throughput, response_p99 };
std::string_view name_of(RankedBy metric);  // "throughput_per_s", "response_p99_us"

// By which a load is decided: what it offers is what it gets under an open load, so that the response time tells.
RankedBy primary_metric(LoadKind load);

const Estimate& estimate_of(const Cell& cell, RankedBy metric);

struct Ranked {
  const Cell* cell = nullptr;
  TierPlace place;
};

struct Ranking {
  RankedBy metric = RankedBy::throughput;
  bool best_workers = false;  // each model with the workers that serve it best, by the primary metric; else all alike
  bool main = false;
  std::vector<Ranked> models;  // the best first; one or more

  const Cell& best() const { return *models.front().cell; }
  // Whether the repetitions know the first tier: who is in it to within a factor of two, and that the next is not.
  bool knows_leaders() const;
  bool is_primary() const { return metric == primary_metric(best().spec.load.kind); }
};

// Of each load of the block (tasks in flight, rate, fixed tasks), from the lowest on: by both metrics, with the best
// number of workers and, where several were measured, with each. Cells that run for the baseline's sake alone, and
// those of which nothing was measured, are not ranked. Those of the load that most models ran under, the highest of
// several, are `main`. They point into the block.
std::vector<Ranking> rankings_of(const Block& block);

// Whether two cells are under the same load, whatever the workers.
bool same_load(const TrialSpec& a, const TrialSpec& b);

}  // namespace cbench
