#include "cmd/compare/compare_words.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/cell_label.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

// One that reaches further than a factor of three either way says only that there are too few repetitions.
std::string interval_text(const Comparison& c) {
  constexpr double widest_shown = 3;
  return c.interval.high > widest_shown * c.ratio ? "[?]"
                                                  : fmt::format("[{:.3f}, {:.3f}]", c.interval.low, c.interval.high);
}

}  // namespace

std::string ratio_text(const Comparison& c) {
  if (c.base <= 0 || c.changed <= 0) return "";
  if (c.outcome == Outcome::not_comparable) return fmt::format("{:.3f}", c.ratio);
  return fmt::format("{:.3f} {}", c.ratio, interval_text(c));
}

std::string p_text(const Comparison& c) {
  if (c.outcome == Outcome::not_comparable || c.base <= 0 || c.changed <= 0) return "";
  return c.p_holm < 0.001 ? "<0.001" : fmt::format("{:.3f}", c.p_holm);
}

std::string counts_in_words(const ResultComparison& comparison) {
  std::vector<std::string> parts;
  const auto add_kinds = [&](Outcome outcome, std::string_view noun) {
    if (const auto count = comparison.count(outcome); count > 0) parts.push_back(plural(count, noun));
  };
  const auto add_cells = [&](std::size_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", human_count(count), what));
  };
  add_kinds(Outcome::regression, "regression");
  add_cells(comparison.count_new_failures(), "with new failures");
  add_cells(comparison.count_missing(), "missing");
  add_kinds(Outcome::improvement, "improvement");
  add_cells(comparison.count(Outcome::no_difference), "without a difference");
  add_cells(comparison.count(Outcome::inconclusive), "inconclusive");
  add_cells(comparison.count(Outcome::not_comparable), "not comparable");
  const bool none = std::ranges::all_of(comparison.sets, [](const ComparedSet& set) { return set.cells.empty(); });
  if (none) return "No cell stands in both.";
  return fmt::format("{}.", fmt::join(parts, ", "));
}

std::string how_it_was_judged(const ResultComparison& comparison) {
  return fmt::format(
      "By {} ({} is better), the ratio of geometric means with its 95% interval; a difference is one beyond {} {}and "
      "significant at 5% over all cells (t on logarithms, Holm).",
      comparison.metric.columns(), comparison.metric.higher_is_better ? "more" : "less",
      human_percent(comparison.threshold), comparison.noise_floor ? "and beyond this host's noise floor " : "");
}

// "A difference of 4.2% would have been seen, nine times in ten."; between which sizes, where cells differ.
std::string what_was_seen(const ResultComparison& comparison) {
  std::vector<double> sizes;
  std::size_t blind = 0;
  for (const ComparedSet& set : comparison.sets) {
    for (const ComparedCell& cell : set.cells) {
      if (cell.comparison.outcome == Outcome::not_comparable || cell.base_repetitions == 0) continue;
      const double size = cell.comparison.smallest_effect_seen;
      std::isfinite(size) ? sizes.push_back(size) : static_cast<void>(++blind);
    }
  }
  std::string text;
  if (!sizes.empty()) {
    const auto [least, most] = std::ranges::minmax(sizes);
    const std::string span = human_percent(least) == human_percent(most)
                                 ? human_percent(least)
                                 : fmt::format("{} to {}, by cell,", human_percent(least), human_percent(most));
    text =
        fmt::format("Seen: with these repetitions a difference of {} would have been told, nine times in ten.", span);
  }
  if (blind > 0) {
    text += fmt::format("{}In {} too few repetitions see anything.", text.empty() ? "" : " ", plural(blind, "cell"));
  }
  return text;
}

std::string on_the_noise_floor(const ResultComparison& comparison) {
  if (!comparison.noise_floor) {
    return "No noise floor is known for this host, so a drift of the machine between the two would pass "
           "for a difference: cbench aa measures it.";
  }
  const NoiseFloor& floor = *comparison.noise_floor;
  return fmt::format("The noise floor is that of {} between {} and {}; drift that takes longer is not in it.",
                     plural(floor.sessions(), "session"), floor.first_session(), floor.last_session());
}

std::string cell_name(const ComparedCell& cell) {
  return fmt::format("{} on {}, {}, {}", cell.label, work_label_of(cell.spec), cell.load,
                     plural(cell.spec.workers, "worker"));
}

std::string outcome_text(const ComparedCell& cell) {
  const Comparison& c = cell.comparison;
  std::string text(cell.outcome());
  if (cell.new_failures || c.outcome != Outcome::inconclusive || c.base <= 0) return text;
  if (c.repetitions_needed) return text + fmt::format(" (needs {})", *c.repetitions_needed);
  return c.reason.empty() ? text + fmt::format(" (needs >{})", most_repetitions) : text;
}

std::string words_of(const ComparedCell& cell) {
  std::string words = cell.comparison.reason;
  if (cell.new_failures && !cell.note.empty()) {
    words = cell.note;
    if (cell.comparison.outcome == Outcome::regression) words += "; those that are ok got worse, too";
  } else if (!cell.note.empty()) {
    words += (words.empty() ? "" : "; ") + cell.note;
  }
  return words;
}

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

std::string seen_text(const Comparison& c) {
  return c.base > 0 && std::isfinite(c.smallest_effect_seen) ? human_percent(c.smallest_effect_seen) : "";
}

std::string tier_text(const Tiers& tiers) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < tiers.tiers.size(); ++i) {
    std::vector<std::string> names;
    for (const std::string& name : tiers.tiers[i]) {
      const auto doubt = tiers.doubts.find(name);
      names.push_back(doubt == tiers.doubts.end() ? name : fmt::format("{} ({})", name, doubt->second));
    }
    parts.push_back(fmt::format("{}. {}", i + 1, fmt::join(names, ", ")));
  }
  return fmt::format("{}: {}", tiers.of, fmt::join(parts, "  "));
}

}  // namespace cbench
