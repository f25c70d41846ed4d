#include "reports/findings/result_comparison.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/cell_key.hpp"
#include "record/comparability.hpp"

namespace cbench {
namespace {

// What is left of a cell's key when settings and parameters may differ: cells that a reader would want to compare.
CellKey key_of(const TrialSpec& spec, bool exact) {
  CellKey key = cell_key(spec);
  if (!exact) {
    key.settings.clear();
    key.work.parameters.clear();
  }
  return key;
}

// All trials of one cell in one set, ok or not.
struct Gathered {
  std::vector<const TrialRecord*> all;
  std::vector<const TrialRecord*> ok;
  std::vector<double> values;

  const TrialSpec& spec() const { return all.front()->spec; }
  const TrialRecord& first_failure() const {
    return **std::ranges::find_if(all, [](const TrialRecord* record) { return record->status != Status::ok; });
  }
};

using Cells = std::map<CellKey, Gathered>;

Cells gather(const ResultSet& set, const Metric& metric) {
  Cells cells;
  for (const TrialRecord& record : set.records) {
    Gathered& cell = cells[key_of(record.spec, true)];
    cell.all.push_back(&record);
    if (record.status != Status::ok) continue;
    cell.ok.push_back(&record);
    if (const auto value = metric.value(record)) cell.values.push_back(*value);
  }
  return cells;
}

std::string map_text(const TextMap& map) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : map) parts.push_back(fmt::format("{}={}", name, value));
  return parts.empty() ? "defaults" : fmt::format("{}", fmt::join(parts, ","));
}

std::string label_of(const TrialSpec& spec) {
  return spec.settings.empty() ? spec.model : fmt::format("{}:{}", spec.model, map_text(spec.settings));
}

std::string workers_text(std::uint32_t workers) { return fmt::format("{} worker{}", workers, workers == 1 ? "" : "s"); }

std::string words_for(const TrialSpec& spec) {
  return fmt::format("{} on {}, {}, {}", label_of(spec), spec.workload, load_text(spec.load),
                     workers_text(spec.workers));
}

// Facts that differ among the trials given, and may not.
std::vector<FactDifference> forbidden(const TrialRecord& base, const TrialRecord& changed,
                                      const CompareOptions& options) {
  std::vector<FactDifference> found = differences(base, changed);
  std::erase_if(found, [&](const FactDifference& difference) { return options.across.contains(difference.fact); });
  return found;
}

std::string hosts_differ(const Gathered& base, const Gathered& changed, const CompareOptions& options) {
  const TrialRecord& reference = *base.all.front();
  for (const auto& [cell, side] : {std::pair{&base, "the base itself holds"}, std::pair{&changed, ""}}) {
    for (const TrialRecord* record : cell->all) {
      const std::vector<FactDifference> found = forbidden(reference, *record, options);
      if (found.empty()) continue;
      std::vector<std::string> texts;
      for (const FactDifference& difference : found) texts.push_back(text_of(difference));
      const std::string_view intro = side;
      return fmt::format("{}{}", intro.empty() ? "" : fmt::format("{} two hosts: ", intro), fmt::join(texts, "; "));
    }
  }
  return "";
}

std::string why_not_comparable(const Gathered& base, const Gathered& changed, const CompareOptions& options) {
  const TrialSpec& a = base.spec();
  const TrialSpec& b = changed.spec();
  if (a.settings != b.settings) {
    return fmt::format("the model's settings differ: {} -> {}", map_text(a.settings), map_text(b.settings));
  }
  if (a.parameters != b.parameters) {
    return fmt::format("the workload's parameters differ: {} -> {}", map_text(a.parameters), map_text(b.parameters));
  }
  if (std::string why = hosts_differ(base, changed, options); !why.empty()) return why;
  return work_differs(base.ok, changed.ok);
}

// Pairs of cells: those that are the same, then those that differ in nothing but settings or parameters, where there
// is no doubt which belong together.
struct Matched {
  std::vector<std::pair<const Gathered*, const Gathered*>> pairs;
  std::vector<std::string> only_in_base;
  std::vector<std::string> only_here;
};

Matched match(const Cells& base, const Cells& changed) {
  Matched matched;
  std::map<CellKey, std::pair<std::vector<const Gathered*>, std::vector<const Gathered*>>> rest;
  for (const auto& [key, cell] : base) {
    const auto other = changed.find(key);
    if (other != changed.end()) {
      matched.pairs.emplace_back(&cell, &other->second);
    } else {
      rest[key_of(cell.spec(), false)].first.push_back(&cell);
    }
  }
  for (const auto& [key, cell] : changed) {
    if (!base.contains(key)) rest[key_of(cell.spec(), false)].second.push_back(&cell);
  }
  for (const auto& [key, sides] : rest) {
    const auto& [left, right] = sides;
    if (left.size() == 1 && right.size() == 1) {
      matched.pairs.emplace_back(left.front(), right.front());
      continue;
    }
    for (const Gathered* cell : left) matched.only_in_base.push_back(words_for(cell->spec()));
    for (const Gathered* cell : right) matched.only_here.push_back(words_for(cell->spec()));
  }
  return matched;
}

std::string failures_note(const Gathered& base, const Gathered& changed) {
  std::vector<std::string> parts;
  const auto add = [&](const Gathered& cell, std::string_view side) {
    const std::size_t failed = cell.all.size() - cell.ok.size();
    if (failed > 0) parts.push_back(fmt::format("{} of {} trials {}", failed, cell.all.size(), side));
  };
  add(base, "failed in the base");
  add(changed, "failed in the other");
  return fmt::format("{}", fmt::join(parts, ", "));
}

// Where one side or both have no trial that is ok, numbers have nothing to say. Returns whether that is so.
bool decide_by_failure(const Gathered& base, const Gathered& changed, ComparedCell& cell) {
  const auto reason = [](const Gathered& side) {
    const TrialRecord& failure = side.first_failure();
    return fmt::format("{}: {}", name_of(failure.status), failure.reason);
  };
  if (!base.ok.empty() && !changed.ok.empty()) return false;
  Comparison& c = cell.comparison;
  cell.failed_on_both_sides = base.ok.empty() && changed.ok.empty();
  c.interval = {0, HUGE_VAL};
  if (cell.failed_on_both_sides) {
    c.outcome = Outcome::inconclusive;
    c.reason = "every trial failed on both sides; " + reason(changed);
  } else if (changed.ok.empty()) {
    c.outcome = Outcome::regression;
    c.reason = "worked before, every trial failed now; " + reason(changed);
  } else {
    c.outcome = Outcome::improvement;
    c.reason = "every trial failed before, works now; " + reason(base);
  }
  return true;
}

void add_tiers(std::vector<Tiers>& all, std::string of, const std::vector<std::string>& names,
               const std::vector<Estimate>& estimates, bool higher_is_better) {
  if (names.size() < 2) return;
  const std::vector<int> numbers = tiers_of(estimates, higher_is_better);
  Tiers tiers{.of = std::move(of), .tiers = {}};
  tiers.tiers.resize(static_cast<std::size_t>(std::ranges::max(numbers)));
  for (std::size_t i = 0; i < names.size(); ++i)
    tiers.tiers[static_cast<std::size_t>(numbers[i]) - 1].push_back(names[i]);
  all.push_back(std::move(tiers));
}

// The models of one set against each other, under each load.
void add_model_tiers(std::vector<Tiers>& all, const Cells& cells, const ResultSet& set, const Metric& metric) {
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<Estimate>>> loads;
  for (const auto& [key, cell] : cells) {
    if (cell.values.empty() || cell.spec().unasked) continue;
    const std::string parameters = cell.spec().parameters.empty() ? "" : ":" + map_text(cell.spec().parameters);
    auto& [names, estimates] =
        loads[fmt::format("models on {}{}, {}, {}, in {}", cell.spec().workload, parameters,
                          load_text(cell.spec().load), workers_text(cell.spec().workers), set.name)];
    names.push_back(label_of(cell.spec()));
    estimates.push_back(estimate(cell.values));
  }
  for (auto& [of, sides] : loads) add_tiers(all, of, sides.first, sides.second, metric.higher_is_better);
}

// Where there are more than two sets: the sets against each other, in each cell that all of them have.
void add_set_tiers(std::vector<Tiers>& all, const std::vector<Cells>& cells, std::span<const ResultSet> sets,
                   const Metric& metric) {
  if (sets.size() < 3) return;
  for (const auto& [key, base] : cells.front()) {
    std::vector<std::string> names;
    std::vector<Estimate> estimates;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      const auto cell = cells[i].find(key);
      if (cell == cells[i].end() || cell->second.values.empty()) break;
      names.push_back(sets[i].name);
      estimates.push_back(estimate(cell->second.values));
    }
    if (names.size() == sets.size()) add_tiers(all, words_for(base.spec()), names, estimates, metric.higher_is_better);
  }
}

}  // namespace

std::size_t ResultComparison::count(Outcome outcome) const {
  std::size_t number = 0;
  for (const ComparedSet& set : sets) {
    number += static_cast<std::size_t>(std::ranges::count_if(
        set.cells, [outcome](const ComparedCell& cell) { return cell.comparison.outcome == outcome; }));
  }
  return number;
}

int ResultComparison::exit_code() const {
  if (count(Outcome::regression) > 0) return 1;
  const bool nothing = std::ranges::all_of(sets, [](const ComparedSet& set) { return set.cells.empty(); });
  return nothing || count(Outcome::not_comparable) > 0 ? 2 : 0;
}

ResultComparison compare_results(std::span<const ResultSet> sets, const CompareOptions& options) {
  ResultComparison result{.base = sets.empty() ? "" : sets.front().name,
                          .metric = options.metric,
                          .threshold = options.threshold,
                          .has_noise_floor = options.noise_floor.has_value(),
                          .sets = {},
                          .tiers = {}};
  std::vector<Cells> cells;
  for (const ResultSet& set : sets) cells.push_back(gather(set, options.metric));

  std::vector<Pair> pairs;                                  // all sets together: one family for Holm
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of each pair: which set, which cell
  for (std::size_t i = 1; i < sets.size(); ++i) {
    Matched matched = match(cells.front(), cells[i]);
    ComparedSet& set = result.sets.emplace_back();
    set.name = sets[i].name;
    set.only_in_base = std::move(matched.only_in_base);
    set.only_here = std::move(matched.only_here);
    for (const auto& [base, changed] : matched.pairs) {
      ComparedCell cell{
          .spec = base->spec(),
          .label = label_of(base->spec()),
          .load = load_text(base->spec().load),
          .base_repetitions = base->values.size(),
          .changed_repetitions = changed->values.size(),
          .noise_floor = options.noise_floor ? options.noise_floor->of(base->spec(), options.metric) : std::nullopt,
          .failed_on_both_sides = false,
          .note = failures_note(*base, *changed),
          .comparison = {}};
      std::string why = why_not_comparable(*base, *changed, options);
      if (!why.empty() || !decide_by_failure(*base, *changed, cell)) {
        pairs.push_back({base->values, changed->values, cell.noise_floor.value_or(0), std::move(why)});
        places.emplace_back(i - 1, set.cells.size());
      }
      set.cells.push_back(std::move(cell));
    }
  }
  const std::vector<Comparison> comparisons = compare(
      pairs,
      {.higher_is_better = options.metric.higher_is_better, .threshold = options.threshold, .seed = options.seed});
  for (std::size_t k = 0; k < comparisons.size(); ++k) {
    result.sets[places[k].first].cells[places[k].second].comparison = comparisons[k];
  }
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (i + 1 == sets.size()) add_model_tiers(result.tiers, cells[i], sets[i], options.metric);
  }
  add_set_tiers(result.tiers, cells, sets, options.metric);
  return result;
}

}  // namespace cbench
