// What a comparison looks like: on a terminal, in a pull request, for programs.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cmd/compare.hpp"
#include "text/grid.hpp"
#include "text/human.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

std::string interval_text(const Interval& interval) {
  if (!std::isfinite(interval.high)) return "";
  return fmt::format("[{:.3f}, {:.3f}]", interval.low, interval.high);
}

std::string ratio_text(const Comparison& c) {
  if (c.base <= 0 || c.changed <= 0) return "";
  return fmt::format("{:.3f} {}", c.ratio, interval_text(c.interval));
}

std::string p_text(const Comparison& c) {
  if (c.outcome == Outcome::not_comparable) return "";
  return c.p_holm < 0.001 ? "<0.001" : fmt::format("{:.3f}", c.p_holm);
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "1 regression, 3 cells without a difference, 2 inconclusive"
std::string summary(const ResultComparison& comparison) {
  std::vector<std::string> parts;
  const auto add = [&](Outcome outcome, std::string_view one, std::string_view many) {
    if (const std::size_t count = comparison.count(outcome)) parts.push_back(plural(count, one, many));
  };
  add(Outcome::regression, "regression", "regressions");
  add(Outcome::improvement, "improvement", "improvements");
  add(Outcome::no_difference, "without a difference", "without a difference");
  add(Outcome::inconclusive, "inconclusive", "inconclusive");
  add(Outcome::not_comparable, "not comparable", "not comparable");
  if (parts.empty()) return "No cell stands in both.";
  return fmt::format("{}.", fmt::join(parts, ", "));
}

std::string how_it_was_judged(const ResultComparison& comparison) {
  return fmt::format(
      "By {} ({} is better), the medians' ratio with its 95% interval; a difference is one beyond {} "
      "{}and significant at 5% over all cells (Mann-Whitney U, Holm).",
      comparison.metric.column->name, comparison.metric.higher_is_better ? "more" : "less",
      human_percent(comparison.threshold), comparison.has_noise_floor ? "and beyond this host's noise floor " : "");
}

constexpr std::string_view no_noise_floor = "No noise floor is known for this host and program: cbench aa measures it.";

std::string cell_name(const ComparedCell& cell) {
  return fmt::format("{} on {}, {}, {}", cell.label, cell.spec.workload, cell.load,
                     plural(cell.spec.workers, "worker", "workers"));
}

// "inconclusive (needs 12)": repetitions a side.
std::string outcome_text(const Comparison& c) {
  std::string text(name_of(c.outcome));
  if (c.outcome != Outcome::inconclusive || c.base <= 0) return text;
  return text + (c.repetitions_needed ? fmt::format(" (needs {})", *c.repetitions_needed) : " (needs >1000)");
}

// What stands beside an outcome that needs words.
std::string words_of(const ComparedCell& cell) {
  std::string words = cell.comparison.reason;
  if (!cell.note.empty() && words.find("every trial failed") == std::string::npos) {
    words += (words.empty() ? "" : "; ") + cell.note;
  }
  return words;
}

// What there is to say of a set's cells; what is true of many of them is said once.
std::vector<std::pair<std::string, std::vector<const ComparedCell*>>> words_of(const ComparedSet& set) {
  std::vector<std::pair<std::string, std::vector<const ComparedCell*>>> all;
  for (const ComparedCell& cell : set.cells) {
    std::string words = words_of(cell);
    if (words.empty()) continue;
    auto known = std::ranges::find_if(all, [&](const auto& said) { return said.first == words; });
    if (known == all.end()) known = all.insert(all.end(), {std::move(words), {}});
    known->second.push_back(&cell);
  }
  return all;
}

Colour colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::regression: return Colour::red;
    case Outcome::improvement: return Colour::green;
    case Outcome::not_comparable: return Colour::yellow;
    default: return Colour::none;
  }
}

std::string set_table(const ResultComparison& comparison, const ComparedSet& set, std::size_t width, bool colour) {
  std::vector<GridColumn> columns;
  const auto add = [&](std::string_view name, int importance, bool left, auto text_of) {
    GridColumn column{.group = {}, .name = name, .importance = importance, .left = left, .texts = {}};
    for (const ComparedCell& cell : set.cells) column.texts.push_back(text_of(cell));
    columns.push_back(std::move(column));
  };
  const auto value = [&](double number) { return number > 0 ? comparison.metric.text(number) : std::string("-"); };
  constexpr int always = GridColumn::never_dropped;
  add("model", always, true, [](const ComparedCell& c) { return shortened(c.label, 24); });
  add("workload", always, true, [](const ComparedCell& c) { return c.spec.workload; });
  add("load", 7, true, [](const ComparedCell& c) {
    constexpr std::string_view usual = "closed, ";
    return c.load.starts_with(usual) ? c.load.substr(usual.size()) : c.load;
  });
  add("n", 8, false, [](const ComparedCell& c) { return fmt::format("{}", c.spec.workers); });
  add("base", 3, false, [&](const ComparedCell& c) { return value(c.comparison.base); });
  add("new", 4, false, [&](const ComparedCell& c) { return value(c.comparison.changed); });
  add("ratio", always, false, [](const ComparedCell& c) { return ratio_text(c.comparison); });
  add("p", 2, false, [](const ComparedCell& c) { return p_text(c.comparison); });
  add("", always, true, [](const ComparedCell& c) { return outcome_text(c.comparison); });
  const Grid grid(std::move(columns), width);
  std::string text = grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t i = 0; i < set.cells.size(); ++i) {
    text += coloured(grid.row(i), colour_of(set.cells[i].comparison.outcome), colour) + '\n';
  }
  return text;
}

std::string tier_text(const Tiers& tiers) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < tiers.tiers.size(); ++i) {
    parts.push_back(fmt::format("{}. {}", i + 1, fmt::join(tiers.tiers[i], ", ")));
  }
  return fmt::format("{}: {}", tiers.of, fmt::join(parts, "  "));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
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
          {"verdict", name_of(c.outcome)},
          {"reason", words_of(cell)},
          {"what_decides", c.what_decides()},
          {"base", number(c.base)},
          {"new", number(c.changed)},
          {"base_repetitions", cell.base_repetitions},
          {"new_repetitions", cell.changed_repetitions},
          {"ratio", c.base > 0 && c.changed > 0 ? number(c.ratio) : nullptr},
          {"ratio_interval", {number(c.interval.low), number(c.interval.high)}},
          {"p", c.test.p},
          {"p_exact", c.test.exact},
          {"p_holm", c.p_holm},
          {"cliffs_delta", c.test.cliffs_delta},
          {"noise_floor", cell.noise_floor ? number(*cell.noise_floor) : nullptr},
          {"effect_bar", c.effect_bar},
          {"repetitions_needed", c.repetitions_needed ? nlohmann::ordered_json(*c.repetitions_needed) : nullptr}};
}

}  // namespace

std::string comparison_text(const ResultComparison& comparison, std::size_t width, bool colour) {
  std::string text;
  for (const ComparedSet& set : comparison.sets) {
    text += coloured(fmt::format("{} against {}", set.name, comparison.base), Colour::bold, colour) + "\n\n";
    if (!set.cells.empty()) text += set_table(comparison, set, width, colour) + '\n';
    for (const auto& [words, cells] : words_of(set)) {
      const std::string who = cells.size() > 1 ? fmt::format("{} cells", cells.size()) : cell_name(*cells.front());
      text += paragraph(fmt::format("{}: {}", who, words), width, "", "  ");
    }
    for (const std::string& cell : set.only_in_base) text += paragraph("only in the base: " + cell, width, "", "  ");
    for (const std::string& cell : set.only_here) text += paragraph("not in the base: " + cell, width, "", "  ");
    if (!text.ends_with("\n\n")) text += '\n';
  }
  if (!comparison.tiers.empty()) {
    text += "Tiers (within one, intervals overlap: no order can be told)\n";
    for (const Tiers& tiers : comparison.tiers) text += paragraph(tier_text(tiers), width, "  ", "    ");
    text += '\n';
  }
  text += coloured(summary(comparison), Colour::bold, colour) + '\n';
  text += paragraph(how_it_was_judged(comparison), width);
  if (comparison.count(Outcome::inconclusive) > 0) {
    text += paragraph("needs: so many repetitions a side (-r) would decide, four times in five.", width);
  }
  if (!comparison.has_noise_floor) text += paragraph(no_noise_floor, width);
  return text;
}

std::string comparison_markdown(const ResultComparison& comparison) {
  std::string text = fmt::format("**{}**\n", summary(comparison));
  for (const ComparedSet& set : comparison.sets) {
    text += fmt::format("\n`{}` against `{}`\n\n", set.name, comparison.base);
    if (!set.cells.empty()) {
      text +=
          "| model | workload | load | workers | base | new | ratio | p (Holm) | verdict |\n"
          "|:--|:--|:--|--:|--:|--:|--:|--:|:--|\n";
    }
    for (const ComparedCell& cell : set.cells) {
      const Comparison& c = cell.comparison;
      std::string words = words_of(cell);
      if (c.outcome == Outcome::inconclusive && c.base > 0) words += (words.empty() ? "" : ": ") + c.what_decides();
      const bool loud = c.outcome == Outcome::regression || c.outcome == Outcome::improvement;
      text += fmt::format(
          "| {} | {} | {} | {} | {} | {} | {} | {} | {}{}{}{} |\n", escaped(cell.label), escaped(cell.spec.workload),
          cell.load, cell.spec.workers, c.base > 0 ? comparison.metric.text(c.base) : "-",
          c.changed > 0 ? comparison.metric.text(c.changed) : "-", ratio_text(c), p_text(c), loud ? "**" : "",
          name_of(c.outcome), loud ? "**" : "", words.empty() ? "" : ": " + escaped(words));
    }
    for (const std::string& cell : set.only_in_base) text += fmt::format("\n- only in the base: {}", escaped(cell));
    for (const std::string& cell : set.only_here) text += fmt::format("\n- not in the base: {}", escaped(cell));
  }
  if (!comparison.tiers.empty()) {
    text += "\nTiers (within one, intervals overlap: no order can be told):\n\n";
    for (const Tiers& tiers : comparison.tiers) text += fmt::format("- {}\n", escaped(tier_text(tiers)));
  }
  text += fmt::format("\n{}{}{}\n", how_it_was_judged(comparison), comparison.has_noise_floor ? "" : " ",
                      comparison.has_noise_floor ? "" : no_noise_floor);
  return text;
}

std::string comparison_json(const ResultComparison& comparison) {
  nlohmann::ordered_json json{{"base", comparison.base},
                              {"metric", comparison.metric.column->name},
                              {"higher_is_better", comparison.metric.higher_is_better},
                              {"threshold", comparison.threshold},
                              {"has_noise_floor", comparison.has_noise_floor},
                              {"exit_code", comparison.exit_code()}};
  json["sets"] = nlohmann::ordered_json::array();
  for (const ComparedSet& set : comparison.sets) {
    nlohmann::ordered_json cells = nlohmann::ordered_json::array();
    for (const ComparedCell& cell : set.cells) cells.push_back(cell_json(cell));
    json["sets"].push_back({{"file", set.name},
                            {"cells", std::move(cells)},
                            {"only_in_base", set.only_in_base},
                            {"only_here", set.only_here}});
  }
  json["tiers"] = nlohmann::ordered_json::array();
  for (const Tiers& tiers : comparison.tiers) json["tiers"].push_back({{"of", tiers.of}, {"tiers", tiers.tiers}});
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace cbench
