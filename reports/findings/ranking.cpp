#include "reports/findings/ranking.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "reports/findings/resolution.hpp"

namespace cbench {
namespace {

using Cells = std::vector<const Cell*>;

const std::vector<double>& values_of(const Cell& cell, RankedBy metric) {
  return metric == RankedBy::throughput ? cell.throughputs_per_s : cell.response_p99s_us;
}

// As in tiers_of().
double resolution_of(const Cell& cell, RankedBy metric) {
  return metric == RankedBy::throughput ? cell.throughput_resolution : time_resolution;
}

// Ordered from the lowest load on.
std::tuple<double, std::uint64_t, std::uint32_t, bool> load_key(const TrialSpec& spec) {
  const bool open = spec.load.kind == LoadKind::open;
  return {open ? spec.load.rate_per_s : 0, spec.load.kind == LoadKind::fixed ? spec.load.tasks : 0,
          spec.load.concurrency, open && spec.load.poisson};
}

bool is_higher_better(RankedBy metric) { return metric == RankedBy::throughput; }

bool is_better(const Cell& a, const Cell& b, RankedBy metric) {
  const double x = estimate_of(a, metric).mean;
  const double y = estimate_of(b, metric).mean;
  return is_higher_better(metric) ? x > y : x < y;
}

// Too few tasks tell no p99, and times that do not hold are nobody's. Under overload they grow with the trial, or are
// those of the tasks alone that were not shed.
Cells that_know(Cells cells, RankedBy metric) {
  if (metric == RankedBy::response_p99) {
    std::erase_if(cells,
                  [](const Cell* cell) { return cell->overloaded > 0 || !cell->knows_repeated_percentile(0.99); });
  }
  return cells;
}

Ranking ranking_of(Cells cells, RankedBy metric, bool best_workers) {
  std::ranges::stable_sort(cells, [&](const Cell* a, const Cell* b) { return is_better(*a, *b, metric); });
  std::vector<std::vector<double>> values;
  std::vector<double> resolutions;
  for (const Cell* cell : cells) {
    values.push_back(values_of(*cell, metric));
    resolutions.push_back(resolution_of(*cell, metric));
  }
  const std::vector<TierPlace> places = tiers_of(values, is_higher_better(metric), resolutions);
  Ranking ranking{.metric = metric, .best_workers = best_workers};
  for (std::size_t i = 0; i < cells.size(); ++i) ranking.models.push_back({cells[i], places[i]});
  return ranking;
}

Cells best_workers_of(const Cells& cells, RankedBy metric) {
  std::map<std::string, const Cell*> best;
  for (const Cell* cell : cells) {
    const Cell*& known = best[cell->label()];
    if (known == nullptr || is_better(*cell, *known, metric)) known = cell;
  }
  Cells out;
  for (const auto& [label, cell] : best) out.push_back(cell);
  return out;
}

}  // namespace

std::string_view name_of(RankedBy metric) {
  return metric == RankedBy::throughput ? "throughput_per_s" : "response_p99_us";
}

RankedBy primary_metric(LoadKind load) {
  return load == LoadKind::open ? RankedBy::response_p99 : RankedBy::throughput;
}

const Estimate& estimate_of(const Cell& cell, RankedBy metric) {
  return metric == RankedBy::throughput ? cell.throughput : cell.response_p99_us;
}

bool Ranking::knows_leaders() const {
  for (const Ranked& ranked : models) {
    if (ranked.place.tier > 1) return ranked.place.sure;  // the first of those behind
    if (!ranked.place.is_close) return false;
  }
  return true;
}

bool same_load(const TrialSpec& a, const TrialSpec& b) {
  return a.load.kind == b.load.kind && load_key(a) == load_key(b);
}

std::vector<Ranking> rankings_of(const Block& block) {
  std::map<decltype(load_key(TrialSpec{})), Cells> loads;
  for (const Cell& cell : block.cells) {
    const bool ranked = !cell.spec.unasked && cell.measured() && cell.percentiles != PercentilesFrom::nothing;
    if (ranked) loads[load_key(cell.spec)].push_back(&cell);
  }
  const auto models_of = [](const Cells& cells) {
    std::set<std::string> labels;
    for (const Cell* cell : cells) labels.insert(cell->label());
    return labels.size();
  };
  std::size_t most = 0;
  for (const auto& [load, cells] : loads) most = std::max(most, models_of(cells));
  auto main = loads.end();
  for (auto load = loads.begin(); load != loads.end(); ++load) {
    if (models_of(load->second) == most) main = load;
  }
  std::vector<Ranking> rankings;
  for (auto load = loads.begin(); load != loads.end(); ++load) {
    const Cells& cells = load->second;
    const RankedBy primary = primary_metric(cells.front()->spec.load.kind);
    const Cells decided = that_know(cells, primary);
    const Cells best =
        best_workers_of(decided.empty() ? cells : decided, decided.empty() ? RankedBy::throughput : primary);
    std::map<std::uint32_t, Cells> by_workers;
    for (const Cell* cell : cells) by_workers[cell->spec.workers].push_back(cell);
    const auto rank = [&](const Cells& of, RankedBy metric, bool best_workers) {
      Cells known = that_know(of, metric);
      if (known.empty()) return;
      rankings.push_back(ranking_of(std::move(known), metric, best_workers));
      rankings.back().main = load == main;
    };
    for (const RankedBy metric : {RankedBy::throughput, RankedBy::response_p99}) {
      rank(best, metric, true);
      if (by_workers.size() < 2) continue;
      for (const auto& [workers, same] : by_workers) rank(same, metric, false);
    }
  }
  return rankings;
}

}  // namespace cbench
