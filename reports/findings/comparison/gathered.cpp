#include "reports/findings/comparison/gathered.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/cell_label.hpp"
#include "reports/findings/cells/percentiles.hpp"
#include "reports/findings/resolution.hpp"

namespace cbench {
namespace {

// Facts that differ among the trials given, and may not.
std::vector<FactDifference> forbidden(const TrialFacts& base, const TrialFacts& changed,
                                      const std::set<std::string>& across) {
  std::vector<FactDifference> found = differences(base.host, changed.host);
  std::ranges::move(differences(base.build, changed.build), std::back_inserter(found));
  const auto text = [](const TextMap& runtimes) { return runtimes.empty() ? "" : runtimes.begin()->second; };
  if (base.runtimes != changed.runtimes) found.push_back({"runtime", text(base.runtimes), text(changed.runtimes)});
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

// Why the trial tells nothing by this metric, though it may have a number for it; empty where it tells.
std::string why_untold(const TrialRecord& record, const Metric& metric) {
  if (!metric.is_time_of_tasks()) return "";
  const std::uint64_t tasks = tasks_timed(record);
  if (const auto fraction = metric.percentile(); fraction && !tells_percentile(tasks, *fraction)) {
    return fmt::format("{} of {} tasks is not told: ten or more must lie beyond it", metric.name, tasks);
  }
  if (!littles_law_holds(record.spec.load, record.littles_in_flight)) {
    return fmt::format(
        "its times are not those of its tasks: by Little's law {:.3g} were in flight, where {} were asked for",
        record.littles_in_flight, record.spec.load.concurrency);
  }
  return "";
}

// Some numbers may well be 0: counts, shares of CPUs, queueing. Of others that is what is not known, as are the
// switches that runtimes of other languages do not tell.
bool is_known(double value, const TrialRecord& record, const Metric& metric) {
  if (value != 0 || metric.higher_is_better) return true;
  const Column& column = *metric.column;
  if (column.name.starts_with("context_switches")) return record.spec.runtime_name.empty();
  return column.kind == ColumnKind::count || column.unit == "CPUs" || column.name.starts_with("queueing_");
}

}  // namespace

void ResultSet::add(const TrialRecord& record) {
  const auto [at, is_first] = cells_.try_emplace(cell_key(record.spec));
  Gathered& cell = at->second;
  if (is_first) cell.spec = record.spec;
  const TrialFacts* facts = shared_facts(record);
  if (std::ranges::find(cell.facts, facts) == cell.facts.end()) cell.facts.push_back(facts);
  cell.ends.add(record);
  if (!is_finding(record.status)) return;
  cell.work.push_back({.seed = record.spec.seed, .digest = record.digest_expected});
  if (record.throughput_per_s > 0) {
    const double step = throughput_step_per_s(record.spec.load, record.window_s, record.throughput_per_s);
    cell.throughput_resolution = std::max(cell.throughput_resolution, step / record.throughput_per_s);
  }
  const auto value = metric_.value(record);
  if (!value || !is_known(*value, record, metric_)) return;
  const std::string why = why_untold(record, metric_);
  if (why.empty()) {
    cell.values.push_back(*value);
  } else if (cell.untold.empty()) {
    cell.untold = why;
  }
}

const TrialFacts* ResultSet::shared_facts(const TrialRecord& record) {
  TextMap runtimes = runtimes_of(record);
  const auto known = std::ranges::find_if(facts_, [&](const TrialFacts& facts) {
    return facts.host == record.host && facts.build == record.build && facts.runtimes == runtimes;
  });
  return known != facts_.end() ? &*known
                               : &facts_.emplace_back(TrialFacts{record.host, record.build, std::move(runtimes)});
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
  if (metric.column->unit == "us") return time_resolution;
  return metric.column->name == "throughput_per_s" ? cell.throughput_resolution : 0;
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
