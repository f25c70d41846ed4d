#include "reports/findings/gathered.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cbench {
namespace {

// Facts that differ among the trials given, and may not.
std::vector<FactDifference> forbidden(const TrialFacts& base, const TrialFacts& changed,
                                      const std::set<std::string>& across) {
  std::vector<FactDifference> found = differences(base.host, changed.host);
  std::ranges::move(differences(base.build, changed.build), std::back_inserter(found));
  std::erase_if(found, [&](const FactDifference& difference) { return across.contains(difference.fact); });
  return found;
}

std::string hosts_differ(const Gathered& base, const Gathered& changed, const std::set<std::string>& across) {
  const TrialFacts& reference = *base.facts.front();
  for (const auto& [cell, side] : {std::pair{&base, "the base itself holds"}, std::pair{&changed, ""}}) {
    for (const TrialFacts* facts : cell->facts) {
      const std::vector<FactDifference> found = forbidden(reference, *facts, across);
      if (found.empty()) continue;
      std::vector<std::string> texts;
      for (const FactDifference& difference : found) texts.push_back(text_of(difference));
      const std::string_view intro = side;
      return fmt::format("{}{}", intro.empty() ? "" : fmt::format("{} two hosts: ", intro), fmt::join(texts, "; "));
    }
  }
  return "";
}

// Records know 0 of what they do not know; a throughput of 0 is one.
bool is_known(double value, const Metric& metric) { return value != 0 || metric.higher_is_better; }

}  // namespace

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

void ResultSet::add(const TrialRecord& record) {
  const auto [at, is_first] = cells_.try_emplace(cell_key(record.spec));
  Gathered& cell = at->second;
  if (is_first) cell.spec = record.spec;
  const TrialFacts* facts = shared_facts(record);
  if (std::ranges::find(cell.facts, facts) == cell.facts.end()) cell.facts.push_back(facts);
  cell.ends.add(record);
  if (!is_finding(record.status)) return;
  cell.work.push_back({.seed = record.spec.seed, .digest = record.digest_expected});
  cell.task_share = std::max(cell.task_share, 1 / static_cast<double>(std::max<std::uint64_t>(1, record.tasks)));
  const auto value = metric_.value(record);
  if (value && is_known(*value, metric_)) cell.values.push_back(*value);
}

const TrialFacts* ResultSet::shared_facts(const TrialRecord& record) {
  const auto known = std::ranges::find_if(
      facts_, [&](const TrialFacts& facts) { return facts.host == record.host && facts.build == record.build; });
  return known != facts_.end() ? &*known : &facts_.emplace_back(TrialFacts{record.host, record.build});
}

const Gathered* ResultSet::find(const CellKey& key) const {
  const auto found = cells_.find(key);
  return found == cells_.end() ? nullptr : &found->second;
}

std::vector<const ResultSet::Cells::value_type*> ResultSet::in_order() const {
  std::vector<const Cells::value_type*> cells;
  for (const Cells::value_type& cell : cells_) cells.push_back(&cell);
  std::ranges::sort(cells, [](const auto* a, const auto* b) { return a->first < b->first; });
  return cells;
}

double resolution_of(const Gathered& cell, const Metric& metric) {
  if (metric.column->unit == "us") return 0.001;
  if (metric.column->name != "throughput_per_s" || cell.spec.load.kind == LoadKind::fixed) return 0;
  return cell.task_share;
}

std::string why_not_comparable(const Gathered& base, const Gathered& changed, const std::set<std::string>& across) {
  const TrialSpec& a = base.spec;
  const TrialSpec& b = changed.spec;
  if (a.settings != b.settings) {
    return fmt::format("the model's settings differ: {} -> {}", map_text(a.settings), map_text(b.settings));
  }
  if (a.parameters != b.parameters) {
    return fmt::format("the workload's parameters differ: {} -> {}", map_text(a.parameters), map_text(b.parameters));
  }
  if (std::string why = hosts_differ(base, changed, across); !why.empty()) return why;
  return work_differs(base.work, changed.work);
}

}  // namespace cbench
