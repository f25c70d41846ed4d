// What a comparison looks like on a terminal and in a pull request.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cmd/compare/compare.hpp"
#include "cmd/compare/compare_words.hpp"
#include "record/cell_label.hpp"
#include "text/fitted.hpp"
#include "text/grid.hpp"
#include "text/terminal.hpp"

namespace cbench {
namespace {

Colour colour_of(const ComparedCell& cell) {
  if (cell.new_failures) return Colour::red;
  switch (cell.comparison.outcome) {
    case Outcome::regression: return Colour::red;
    case Outcome::improvement: return Colour::green;
    case Outcome::not_comparable: return Colour::yellow;
    default: return Colour::none;
  }
}

// The workload of each cell, and those of its parameters that are not the same in all cells on it.
std::vector<std::string> works_of(const ComparedSet& set) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> values;  // by workload and parameter
  for (const ComparedCell& cell : set.cells) {
    for (const auto& [name, value] : cell.spec.parameters) values[cell.spec.workload][name].insert(value);
  }
  for (const ComparedCell& cell : set.cells) {
    for (auto& [name, given] : values[cell.spec.workload]) {
      if (!cell.spec.parameters.contains(name)) given.insert("");
    }
  }
  std::vector<std::string> works;
  for (const ComparedCell& cell : set.cells) {
    TrialSpec shown = cell.spec;
    std::erase_if(shown.parameters,
                  [&](const auto& parameter) { return values[shown.workload][parameter.first].size() == 1; });
    works.push_back(work_label_of(shown));
  }
  return works;
}

// `dropped` gets the columns for which there is no room.
std::string set_table(const ResultComparison& comparison, const ComparedSet& set, std::size_t width, bool colour,
                      std::vector<std::string_view>& dropped) {
  std::vector<GridColumn> columns;
  const auto add = [&](std::string_view name, int importance, bool left, auto text_of) {
    GridColumn column{.group = {}, .name = name, .importance = importance, .left = left, .texts = {}, .id = name};
    for (const ComparedCell& cell : set.cells) column.texts.push_back(text_of(cell));
    columns.push_back(std::move(column));
  };
  const auto value = [&](double number) { return number > 0 ? comparison.metric.text(number) : std::string("-"); };
  constexpr int always = GridColumn::never_dropped;
  add("model", always, true, [](const ComparedCell& c) { return shortened(c.label, 24); });
  GridColumn works{
      .group = {}, .name = "workload", .importance = always, .left = true, .texts = works_of(set), .id = "workload"};
  for (std::string& text : works.texts) text = shortened(text, 32);
  columns.push_back(std::move(works));
  add("load", 7, true, [](const ComparedCell& c) {
    constexpr std::string_view usual = "closed, ";
    return c.load.starts_with(usual) ? c.load.substr(usual.size()) : c.load;
  });
  add("n", 8, false, [](const ComparedCell& c) { return fmt::format("{}", c.spec.workers); });
  add("base", 3, false, [&](const ComparedCell& c) { return value(c.comparison.base); });
  add("new", 4, false, [&](const ComparedCell& c) { return value(c.comparison.changed); });
  add("ratio", always, false, [](const ComparedCell& c) { return ratio_text(c.comparison); });
  add("p", 2, false, [](const ComparedCell& c) { return p_text(c.comparison); });
  add("seen", 1, false, [](const ComparedCell& c) { return seen_text(c.comparison); });
  add("", always, true, outcome_text);
  const Grid grid(std::move(columns), width);
  for (const std::string_view name : grid.dropped()) {
    if (std::ranges::find(dropped, name) == dropped.end()) dropped.push_back(name);
  }
  std::string text = grid.name_line() + '\n' + grid.rule() + '\n';
  for (std::size_t i = 0; i < set.cells.size(); ++i) {
    text += coloured(grid.row(i), colour_of(set.cells[i]), colour) + '\n';
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string comparison_text(const ResultComparison& comparison, std::size_t width, bool colour) {
  std::string text;
  std::vector<std::string_view> dropped;
  for (const ComparedSet& set : comparison.sets) {
    text += coloured(fmt::format("{} against {}", set.name, comparison.base), Colour::bold, colour) + "\n\n";
    if (!set.cells.empty()) text += set_table(comparison, set, width, colour, dropped) + '\n';
    for (const auto& [words, cells] : words_of(set)) {
      const std::string who = cells.size() > 1 ? fmt::format("{} cells", cells.size()) : cell_name(*cells.front());
      text += paragraph(fmt::format("{}: {}", who, words), width, "", "  ");
    }
    const auto add = [&](std::string_view what, const std::vector<std::string>& cells, bool loud) {
      for (const std::string& cell : cells) {
        const std::string lines = paragraph(fmt::format("{}: {}", what, cell), width, "", "  ");
        text += coloured(lines.substr(0, lines.size() - 1), Colour::red, colour && loud) + '\n';
      }
    };
    add("missing, and measured in the base", set.missing, true);
    add("only in the base", set.only_in_base, false);
    add("not in the base", set.only_here, false);
    if (!text.ends_with("\n\n")) text += '\n';
  }
  if (!comparison.tiers.empty()) {
    text += "Tiers (within one, no order can be told)\n";
    for (const Tiers& tiers : comparison.tiers) text += paragraph(tier_text(tiers), width, "  ", "    ");
    text += '\n';
  }
  text += coloured(counts_in_words(comparison), Colour::bold, colour) + '\n';
  if (!dropped.empty()) {
    text += paragraph(fmt::format("No room in {} columns for {}; a wider terminal, --markdown or --json shows them.",
                                  width, fmt::join(dropped, ", ")),
                      width);
  }
  text += paragraph(how_it_was_judged(comparison), width);
  if (text.find("(needs ") != std::string::npos) {
    text += paragraph(
        "needs: so many repetitions a side (-r) would decide, four times in five, averaged over what may be true.",
        width);
  }
  if (const std::string seen = what_was_seen(comparison); !seen.empty()) text += paragraph(seen, width);
  return text + paragraph(on_the_noise_floor(comparison), width);
}

std::string comparison_markdown(const ResultComparison& comparison) {
  std::string text = fmt::format("**{}**\n", counts_in_words(comparison));
  for (const ComparedSet& set : comparison.sets) {
    text += fmt::format("\n`{}` against `{}`\n\n", set.name, comparison.base);
    if (!set.cells.empty()) {
      text +=
          "| model | workload | load | workers | base | new | ratio | p (Holm) | seen | outcome |\n"
          "|:--|:--|:--|--:|--:|--:|--:|--:|--:|:--|\n";
    }
    const std::vector<std::string> works = works_of(set);
    for (std::size_t i = 0; i < set.cells.size(); ++i) {
      const ComparedCell& cell = set.cells[i];
      const Comparison& c = cell.comparison;
      std::string words = words_of(cell);
      const bool undecided = !cell.new_failures && c.outcome == Outcome::inconclusive && c.base > 0;
      if (undecided && c.what_decides() != c.reason) words += (words.empty() ? "" : ": ") + c.what_decides();
      const bool loud = cell.new_failures || c.outcome == Outcome::regression || c.outcome == Outcome::improvement;
      text += fmt::format(
          "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {}{}{}{} |\n", escaped(cell.label), escaped(works[i]),
          cell.load, cell.spec.workers, c.base > 0 ? comparison.metric.text(c.base) : "-",
          c.changed > 0 ? comparison.metric.text(c.changed) : "-", ratio_text(c), p_text(c), seen_text(c),
          loud ? "**" : "", cell.outcome(), loud ? "**" : "", words.empty() ? "" : ": " + escaped(words));
    }
    for (const std::string& cell : set.missing) {
      text += fmt::format("\n- **missing**, and measured in the base: {}", escaped(cell));
    }
    for (const std::string& cell : set.only_in_base) text += fmt::format("\n- only in the base: {}", escaped(cell));
    for (const std::string& cell : set.only_here) text += fmt::format("\n- not in the base: {}", escaped(cell));
  }
  if (!comparison.tiers.empty()) {
    text += "\nTiers (within one, no order can be told):\n\n";
    for (const Tiers& tiers : comparison.tiers) text += fmt::format("- {}\n", escaped(tier_text(tiers)));
  }
  const std::string seen = what_was_seen(comparison);
  return text + fmt::format("\n{}{}{} {}\n", how_it_was_judged(comparison), seen.empty() ? "" : " ", seen,
                            on_the_noise_floor(comparison));
}

}  // namespace cbench
