// What a comparison looks like for programs.
#include <cmath>

#include <nlohmann/json.hpp>

#include "cmd/compare/compare.hpp"
#include "cmd/compare/compare_words.hpp"

namespace cbench {
namespace {

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json ends_json(const TrialEnds& ends) {
  return {{"ok", ends.ok}, {"overloaded", ends.overloaded}, {"failed", ends.failed}, {"invalid", ends.invalid}};
}

nlohmann::ordered_json cell_json(const ComparedCell& cell) {
  const Comparison& c = cell.comparison;
  return {{"model", cell.spec.model},
          {"settings", cell.spec.settings},
          {"workload", cell.spec.workload},
          {"parameters", cell.spec.parameters},
          {"load", cell.load},
          {"workers", cell.spec.workers},
          {"concurrency", cell.spec.load.concurrency},
          {"outcome", cell.outcome()},
          {"reason", words_of(cell)},
          {"what_decides", c.what_decides()},
          {"base", number(c.base)},
          {"new", number(c.changed)},
          {"base_repetitions", cell.base_repetitions},
          {"new_repetitions", cell.changed_repetitions},
          {"base_trials", ends_json(cell.base_ends)},
          {"new_trials", ends_json(cell.changed_ends)},
          {"new_failures", cell.new_failures},
          {"ratio", c.base > 0 && c.changed > 0 ? number(c.ratio) : nullptr},
          {"ratio_interval", {number(c.interval.low), number(c.interval.high)}},
          {"p", c.p},
          {"p_holm", c.p_holm},
          {"p_ranks", c.ranks.p},
          {"p_ranks_exact", c.ranks.exact},
          {"cliffs_delta", c.ranks.cliffs_delta},
          {"noise_floor", c.noise_floor ? number(*c.noise_floor) : nullptr},
          {"effect_bar", c.effect_bar},
          {"smallest_effect_seen", number(c.smallest_effect_seen)},
          {"repetitions_needed", c.repetitions_needed ? nlohmann::ordered_json(*c.repetitions_needed) : nullptr}};
}

}  // namespace

std::string comparison_json(const ResultComparison& comparison) {
  nlohmann::ordered_json json{{"base", comparison.base},
                              {"metric", comparison.metric.key()},
                              {"higher_is_better", comparison.metric.higher_is_better},
                              {"threshold", comparison.threshold},
                              {"has_noise_floor", comparison.noise_floor.has_value()},
                              {"exit_code", comparison.exit_code()}};
  json["sets"] = nlohmann::ordered_json::array();
  for (const ComparedSet& set : comparison.sets) {
    nlohmann::ordered_json cells = nlohmann::ordered_json::array();
    for (const ComparedCell& cell : set.cells) cells.push_back(cell_json(cell));
    json["sets"].push_back({{"file", set.name},
                            {"cells", std::move(cells)},
                            {"missing", set.missing},
                            {"only_in_base", set.only_in_base},
                            {"only_here", set.only_here}});
  }
  json["tiers"] = nlohmann::ordered_json::array();
  for (const Tiers& tiers : comparison.tiers) {
    json["tiers"].push_back({{"of", tiers.of}, {"tiers", tiers.tiers}, {"doubts", tiers.doubts}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace cbench
