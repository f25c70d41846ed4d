#include "reports/findings/comparison/result_comparison.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "record/cell_key.hpp"
#include "record/cell_label.hpp"
#include "reports/stats/tiers.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// What is left of a cell's key when settings and parameters may differ: cells that a reader would want to compare.
CellKey loose(CellKey key) {
  key.settings.clear();
  key.work.parameters.clear();
  return key;
}

// Pairs of cells: those that are the same, then those that differ in nothing but settings or parameters, where there
// is no doubt which belong together.
struct Matched {
  std::vector<std::pair<const Gathered*, const Gathered*>> pairs;
  std::vector<const Gathered*> only_in_base;
  std::vector<const Gathered*> only_here;
};

Matched match(const ResultSet& base, const ResultSet& changed) {
  Matched matched;
  std::map<CellKey, std::pair<std::vector<const Gathered*>, std::vector<const Gathered*>>> rest;
  for (const auto* at : base.in_order()) {
    const auto& [key, cell] = *at;
    if (const Gathered* other = changed.find(key)) {
      matched.pairs.emplace_back(&cell, other);
    } else {
      rest[loose(key)].first.push_back(&cell);
    }
  }
  for (const auto* at : changed.in_order()) {
    const auto& [key, cell] = *at;
    if (base.find(key) == nullptr) rest[loose(key)].second.push_back(&cell);
  }
  for (const auto& [key, sides] : rest) {
    const auto& [left, right] = sides;
    if (left.size() == 1 && right.size() == 1) {
      matched.pairs.emplace_back(left.front(), right.front());
      continue;
    }
    matched.only_in_base.insert(matched.only_in_base.end(), left.begin(), left.end());
    matched.only_here.insert(matched.only_here.end(), right.begin(), right.end());
  }
  return matched;
}

// Whether the cell stands in the other set as something that is gone and should not be.
bool is_missed(const Gathered& cell, const CompareOptions& options) {
  return !options.allow_missing && !cell.spec.unasked && cell.ends.ok > 0;
}

// Where one side or both have no trial that is ok, numbers have nothing to say. Returns whether that is so.
bool decide_by_ends(ComparedCell& cell) {
  const TrialEnds& base = cell.base_ends;
  const TrialEnds& changed = cell.changed_ends;
  if (base.ok > 0 && changed.ok > 0) return false;
  Comparison& c = cell.comparison;
  c.interval = {0, HUGE_VAL};
  c.smallest_effect_seen = HUGE_VAL;
  cell.note.clear();
  if (cell.new_failures) {
    c.reason = "worked before, every trial failed now; " + changed.first_failure;
  } else if (changed.ok > 0 && base.failed > 0) {
    c.outcome = Outcome::improvement;
    c.reason = "every trial failed before, works now; " + base.first_failure;
  } else if (base.failed > 0 && changed.failed > 0) {
    c.reason = "every trial failed on both sides; " + changed.first_failure;
  } else {
    const bool in_base = base.ok == 0;
    const std::string& why = (in_base ? base : changed).first_failure;
    c.outcome = Outcome::not_comparable;
    c.reason = fmt::format("no trial {} is ok: {}", in_base ? "in the base" : "in the other",
                           why.empty() ? "they were interrupted" : why);
  }
  return true;
}

// What is to be ranked, side by side.
struct Candidates {
  std::vector<std::string> names;
  std::vector<std::vector<double>> values;
  std::vector<double> resolutions;

  void add(std::string name, const Gathered& cell, const Metric& metric) {
    names.push_back(std::move(name));
    values.push_back(cell.values);
    resolutions.push_back(resolution_of(cell, metric));
  }
};

void add_tiers(std::vector<Tiers>& all, std::string of, const Candidates& candidates, bool higher_is_better) {
  const std::vector<std::string>& names = candidates.names;
  if (names.size() < 2) return;
  const std::vector<TierPlace> places = tiers_of(candidates.values, higher_is_better, candidates.resolutions);
  Tiers tiers{.of = std::move(of), .tiers = {}, .doubts = {}};
  tiers.tiers.resize(static_cast<std::size_t>(std::ranges::max_element(places, {}, &TierPlace::tier)->tier));
  for (std::size_t i = 0; i < names.size(); ++i) {
    tiers.tiers[static_cast<std::size_t>(places[i].tier) - 1].push_back(names[i]);
    if (!places[i].sure) tiers.doubts.emplace(names[i], places[i].doubt());
  }
  all.push_back(std::move(tiers));
}

// The models of one set against each other, under each load.
void add_model_tiers(std::vector<Tiers>& all, const ResultSet& set, const Metric& metric) {
  std::map<std::string, Candidates> loads;
  for (const auto* at : set.in_order()) {
    const Gathered& cell = at->second;
    if (cell.values.empty() || cell.spec.unasked) continue;
    loads[fmt::format("models on {}, {}, {}, in {}", work_label_of(cell.spec), load_text(cell.spec.load),
                      plural(cell.spec.workers, "worker"), set.name())]
        .add(label_of(cell.spec), cell, metric);
  }
  for (const auto& [of, candidates] : loads) add_tiers(all, of, candidates, metric.higher_is_better);
}

// Where there are more than two sets: the sets against each other, in each cell that all of them have.
void add_set_tiers(std::vector<Tiers>& all, std::span<const ResultSet> sets, const Metric& metric) {
  if (sets.size() < 3) return;
  for (const auto* base : sets.front().in_order()) {
    Candidates candidates;
    for (const ResultSet& set : sets) {
      const Gathered* cell = set.find(base->first);
      if (cell == nullptr || cell->values.empty()) break;
      candidates.add(set.name(), *cell, metric);
    }
    if (candidates.names.size() == sets.size()) {
      add_tiers(all, words_for(base->second.spec), candidates, metric.higher_is_better);
    }
  }
}

// What is added to the values of a pair that holds zeros, of which ratios and logarithms say nothing: half of the
// smallest step that they are told in, a unit of a count or a nanosecond of a time. Nothing of other numbers.
std::optional<double> half_a_step(const Metric& metric) {
  if (metric.column->kind == ColumnKind::count) return 0.5;
  if (metric.column->unit == "us") return 0.0005;
  return std::nullopt;
}

std::size_t zeros_in(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::ranges::count(values, 0.0));
}

// The pair of two cells, and what was added to its values.
std::pair<Pair, double> pair_of(const Gathered& base, const Gathered& changed, const CompareOptions& options,
                                std::string not_comparable) {
  Pair pair{.base = base.values,
            .changed = changed.values,
            .resolution = std::max(resolution_of(base, options.metric), resolution_of(changed, options.metric)),
            .drift = options.noise_floor ? options.noise_floor->of(base.spec, options.metric) : std::nullopt,
            .not_comparable = std::move(not_comparable)};
  if (pair.not_comparable.empty() && (base.values.empty() || changed.values.empty())) {
    pair.not_comparable = base.values.empty() && !base.untold.empty() ? base.untold : changed.untold;
  }
  const std::size_t zeros = zeros_in(base.values) + zeros_in(changed.values);
  if (zeros == 0 || options.metric.higher_is_better || !pair.not_comparable.empty()) return {std::move(pair), 0};
  const auto added = half_a_step(options.metric);
  if (!added) {
    pair.not_comparable = fmt::format("{} of {} trials measured 0, of which a ratio says nothing", zeros,
                                      base.values.size() + changed.values.size());
    return {std::move(pair), 0};
  }
  for (std::vector<double>* side : {&pair.base, &pair.changed}) {
    for (double& value : *side) value += *added;
  }
  return {std::move(pair), *added};
}

ComparedCell compared_cell(const Gathered& base, const Gathered& changed) {
  ComparedCell cell{.spec = base.spec,
                    .label = label_of(base.spec),
                    .load = load_text(base.spec.load),
                    .base_repetitions = base.values.size(),
                    .changed_repetitions = changed.values.size(),
                    .base_ends = base.ends,
                    .changed_ends = changed.ends,
                    .new_failures = false,
                    .note = {},
                    .comparison = {}};
  cell.note = words_on(cell.base_ends, cell.changed_ends);
  return cell;
}

template <class Holds>
std::size_t count_cells(const std::vector<ComparedSet>& sets, Holds holds) {
  std::size_t number = 0;
  for (const ComparedSet& set : sets) {
    number += static_cast<std::size_t>(std::ranges::count_if(set.cells, holds));
  }
  return number;
}

}  // namespace

std::string_view ComparedCell::outcome() const { return new_failures ? "new failures" : name_of(comparison.outcome); }

std::size_t ResultComparison::count(Outcome outcome) const {
  return count_cells(
      sets, [outcome](const ComparedCell& cell) { return !cell.new_failures && cell.comparison.outcome == outcome; });
}

std::size_t ResultComparison::count_new_failures() const { return count_cells(sets, &ComparedCell::new_failures); }

std::size_t ResultComparison::count_missing() const {
  std::size_t number = 0;
  for (const ComparedSet& set : sets) number += set.missing.size();
  return number;
}

int ResultComparison::exit_code() const {
  if (std::ranges::all_of(sets, [](const ComparedSet& set) { return set.cells.empty(); })) return 2;
  if (count(Outcome::regression) + count_new_failures() + count_missing() > 0) return 1;
  return count(Outcome::not_comparable) > 0 ? 2 : 0;
}

ResultComparison compare_results(std::span<const ResultSet> sets, const CompareOptions& options) {
  ResultComparison result{.base = sets.empty() ? "" : sets.front().name(),
                          .metric = options.metric,
                          .threshold = options.threshold,
                          .noise_floor = options.noise_floor,
                          .sets = {},
                          .tiers = {}};
  std::vector<Pair> pairs;                                  // all sets together: one family for Holm
  std::vector<double> added;                                // to the values of each
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of each pair: which set, which cell
  for (std::size_t i = 1; i < sets.size(); ++i) {
    const Matched matched = match(sets.front(), sets[i]);
    ComparedSet& set = result.sets.emplace_back();
    set.name = sets[i].name();
    for (const Gathered* cell : matched.only_in_base) {
      (is_missed(*cell, options) ? set.missing : set.only_in_base).push_back(words_for(cell->spec));
    }
    for (const Gathered* cell : matched.only_here) set.only_here.push_back(words_for(cell->spec));
    for (const auto& [base, changed] : matched.pairs) {
      ComparedCell cell = compared_cell(*base, *changed);
      std::string why = why_not_comparable(*base, *changed, options.across);
      cell.new_failures = why.empty() && fails_anew(cell.base_ends, cell.changed_ends);
      if (!why.empty() || !decide_by_ends(cell)) {
        auto [pair, by] = pair_of(*base, *changed, options, std::move(why));
        pairs.push_back(std::move(pair));
        added.push_back(by);
        places.emplace_back(i - 1, set.cells.size());
      }
      set.cells.push_back(std::move(cell));
    }
  }
  const std::vector<Comparison> comparisons =
      compare(pairs, {.higher_is_better = options.metric.higher_is_better, .threshold = options.threshold});
  for (std::size_t k = 0; k < comparisons.size(); ++k) {
    Comparison& comparison = result.sets[places[k].first].cells[places[k].second].comparison;
    comparison = comparisons[k];
    if (added[k] == 0) continue;
    comparison.base = std::max(0.0, comparison.base - added[k]);
    comparison.changed = std::max(0.0, comparison.changed - added[k]);
  }
  if (sets.size() > 1) add_model_tiers(result.tiers, sets.back(), options.metric);
  add_set_tiers(result.tiers, sets, options.metric);
  return result;
}

}  // namespace cbench
