#include "reports/findings/gathered.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/comparability.hpp"
#include "reports/findings/noise_floor.hpp"

namespace cbench {
namespace {

// Facts that differ among the trials given, and may not.
std::vector<FactDifference> forbidden(const TrialRecord& base, const TrialRecord& changed,
                                      const std::set<std::string>& across) {
  std::vector<FactDifference> found = differences(base, changed);
  std::erase_if(found, [&](const FactDifference& difference) { return across.contains(difference.fact); });
  return found;
}

std::string hosts_differ(const Gathered& base, const Gathered& changed, const std::set<std::string>& across) {
  const TrialRecord& reference = *base.all.front();
  for (const auto& [cell, side] : {std::pair{&base, "the base itself holds"}, std::pair{&changed, ""}}) {
    for (const TrialRecord* record : cell->all) {
      const std::vector<FactDifference> found = forbidden(reference, *record, across);
      if (found.empty()) continue;
      std::vector<std::string> texts;
      for (const FactDifference& difference : found) texts.push_back(text_of(difference));
      const std::string_view intro = side;
      return fmt::format("{}{}", intro.empty() ? "" : fmt::format("{} two hosts: ", intro), fmt::join(texts, "; "));
    }
  }
  return "";
}

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

// The smallest relative step that a value can show: a task of the window's, or the histograms' last digit.
double resolution_of(const Gathered& cell, const Metric& metric) {
  if (metric.column->unit == "us") return 0.001;
  if (metric.column->name != "throughput_per_s" || cell.spec().load.kind == LoadKind::fixed) return 0;
  double resolution = 0;
  for (const TrialRecord* record : cell.ok) {
    resolution = std::max(resolution, 1 / static_cast<double>(std::max<std::uint64_t>(1, record->tasks)));
  }
  return resolution;
}

std::string why_not_comparable(const Gathered& base, const Gathered& changed, const std::set<std::string>& across) {
  const TrialSpec& a = base.spec();
  const TrialSpec& b = changed.spec();
  if (a.settings != b.settings) {
    return fmt::format("the model's settings differ: {} -> {}", map_text(a.settings), map_text(b.settings));
  }
  if (a.parameters != b.parameters) {
    return fmt::format("the workload's parameters differ: {} -> {}", map_text(a.parameters), map_text(b.parameters));
  }
  if (std::string why = hosts_differ(base, changed, across); !why.empty()) return why;
  return work_differs(base.ok, changed.ok);
}

}  // namespace cbench
