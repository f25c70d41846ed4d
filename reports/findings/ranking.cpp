#include "reports/findings/ranking.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "text/human.hpp"

namespace cbench {
namespace {

using Cells = std::vector<const Cell*>;
using TierPlaces = std::map<const Cell*, TierPlace>;

const std::vector<double>& values_of(const Cell& cell, RankedBy metric) {
  return metric == RankedBy::throughput ? cell.throughputs_per_s : cell.response_p99s_us;
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

std::string value_text(const Cell& cell, RankedBy metric) {
  const double value = estimate_of(cell, metric).mean;
  return metric == RankedBy::throughput ? human_number(value) + "/s" : human_us(value);
}

std::string names(const Cells& cells) {
  std::vector<std::string> labels;
  for (const Cell* cell : cells) labels.push_back(cell->label());
  return human_list(labels);
}

// "a", or "a to b" where they differ.
std::string span_text(const std::string& low, const std::string& high) {
  return low == high ? low : fmt::format("{} to {}", low, high);
}

std::string of_ideal(const Cell& cell) {
  return cell.efficiency > 0 ? fmt::format(", {} of the ideal", percent_in_words(cell.efficiency)) : "";
}

// " (too few repetitions, 6 would do)": of all whose place is not sure, what would do for each of them.
std::string doubt_text(const Cells& cells, const TierPlaces& places) {
  TierPlace worst;
  std::size_t unsure = 0;
  for (const Cell* cell : cells) {
    const TierPlace& place = places.at(cell);
    if (place.sure) continue;
    const bool first = ++unsure == 1;
    const bool needs_more = !place.repetitions_needed ||
                            (worst.repetitions_needed && *place.repetitions_needed > *worst.repetitions_needed);
    if (first || needs_more) worst = place;
  }
  if (unsure == 0) return "";
  const std::string which = unsure < cells.size() ? fmt::format("for {} of them ", unsure) : "";
  return fmt::format(" ({}{})", which, worst.doubt());
}

// What those behind make of the best one's value.
std::string behind_text(const Cells& behind, const TierPlaces& places, const Cell& best, RankedBy metric) {
  const bool by_rate = metric == RankedBy::throughput;
  const auto of_best = [&](const Cell* cell) {
    const double ratio = estimate_of(*cell, metric).mean / estimate_of(best, metric).mean;
    return by_rate ? percent_in_words(ratio) : human_number(ratio) + " times";
  };
  const std::string_view all = by_rate ? " of that" : " as long";
  constexpr std::size_t most_by_name = 3;
  if (behind.size() > most_by_name) {
    const std::string span = span_text(of_best(behind.back()), of_best(behind.front()));
    return fmt::format("the other {} {} {}{}{}", behind.size(), by_rate ? "reach" : "take",
                       by_rate ? span : span_text(of_best(behind.front()), of_best(behind.back())), all,
                       doubt_text(behind, places));
  }
  std::string text;
  for (const Cell* cell : behind) {
    if (text.empty()) {
      text = fmt::format("{} {} {}{}", cell->label(), by_rate ? "reaches" : "takes", of_best(cell), all);
    } else {
      text += fmt::format(", {} {}", cell->label(), of_best(cell));
    }
    text += doubt_text({cell}, places);
  }
  return text;
}

std::string sentence_of(const Ranking& ranking) {
  const RankedBy metric = ranking.metric;
  const Cell& best = ranking.best();
  Cells first;
  Cells behind;
  TierPlaces places;
  for (const Ranked& ranked : ranking.models) {
    (ranked.place.tier == 1 ? first : behind).push_back(ranked.cell);
    places.emplace(ranked.cell, ranked.place);
  }
  const std::string value = value_text(best, metric);
  const bool by_rate = metric == RankedBy::throughput;
  if (ranking.models.size() == 1) {
    return by_rate ? fmt::format("{} reaches {}{}", best.label(), value, of_ideal(best))
                   : fmt::format("{} answers 99 % of its tasks within {}", best.label(), value);
  }
  if (first.size() > 1) {
    const std::string last = value_text(*first.back(), metric);
    const std::string values = by_rate ? span_text(last, value) : "a p99 of " + span_text(value, last);
    const bool single =
        std::ranges::any_of(first, [&](const Cell* cell) { return estimate_of(*cell, metric).repetitions < 2; });
    if (!behind.empty()) {
      return fmt::format("{} {} at {}; {}", names(first),
                         single ? "cannot be told apart from one repetition" : "share the lead", values,
                         behind_text(behind, places, best, metric));
    }
    return fmt::format("{} cannot be told apart at {}: {}", names(first), values,
                       single ? "there is one repetition" : "the repetitions show no order");
  }
  const std::string lead = by_rate ? fmt::format("{} leads with {}{}", best.label(), value, of_ideal(best))
                                   : fmt::format("{} answers soonest, p99 {}", best.label(), value);
  return fmt::format("{}; {}", lead, behind_text(behind, places, best, metric));
}

// Too few tasks tell no p99, and times that do not hold are nobody's.
Cells that_know(Cells cells, RankedBy metric) {
  if (metric == RankedBy::response_p99) {
    std::erase_if(cells, [](const Cell* cell) { return !cell->knows_repeated_percentile(0.99); });
  }
  return cells;
}

Ranking ranking_of(Cells cells, RankedBy metric, bool best_workers) {
  std::ranges::stable_sort(cells, [&](const Cell* a, const Cell* b) { return is_better(*a, *b, metric); });
  std::vector<std::vector<double>> values;
  for (const Cell* cell : cells) values.push_back(values_of(*cell, metric));
  const std::vector<TierPlace> places = tiers_of(values, is_higher_better(metric));
  Ranking ranking{.metric = metric, .best_workers = best_workers};
  for (std::size_t i = 0; i < cells.size(); ++i) ranking.models.push_back({cells[i], places[i]});
  ranking.sentence = sentence_of(ranking);
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
