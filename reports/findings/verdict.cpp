#include "reports/findings/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/findings/cells/cell_words.hpp"
#include "reports/stats/difference.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using Places = std::vector<const Ranked*>;

constexpr std::size_t most_by_name = 3;
constexpr std::size_t most_loads = 3;

bool by_rate(const Ranking& ranking) { return ranking.metric == RankedBy::throughput; }

double value_of(const Ranked& ranked, const Ranking& ranking) { return estimate_of(*ranked.cell, ranking.metric).mean; }

std::string value_text(double value, const Ranking& ranking) {
  return by_rate(ranking) ? human_number(value) + "/s" : human_us(value);
}

// "48.9-49.1k/s", "984-1.20k/s"; "49.1k/s" where they read alike.
std::string span_of_values(const Places& places, const Ranking& ranking) {
  const auto value = [&](const Ranked* ranked) { return value_of(*ranked, ranking); };
  const auto [least, most] = std::ranges::minmax(places, {}, value);
  std::string low = value_text(value(least), ranking);
  const std::string high = value_text(value(most), ranking);
  if (low == high) return high;
  const auto unit_of = [](const std::string& text) { return text.substr(text.find_last_of("0123456789") + 1); };
  const std::string unit = unit_of(high);
  if (unit_of(low) == unit) {
    low.resize(low.size() - unit.size());
  } else if (by_rate(ranking)) {
    low.resize(low.size() - 2);
  }
  return fmt::format("{}-{}", low, high);
}

std::string names_of(const Places& places) {
  std::vector<std::string> labels;
  for (const Ranked* ranked : places) labels.push_back(ranked->cell->label());
  return human_list(labels);
}

// ", 98 % of the ideal"; nothing where that is not known of all, or not well.
std::string of_ideal(const Places& places, const Ranking& ranking) {
  if (!by_rate(ranking)) return "";
  Cells cells;
  for (const Ranked* ranked : places) {
    const Cell& cell = *ranked->cell;
    const Interval& interval = cell.efficiency_interval;
    const bool vague = cell.has_efficiency_interval() && interval.high - interval.low > 0.2;
    if (cell.efficiency <= 0 || cell.is_yardstick() || vague) return "";
    cells.push_back(&cell);
  }
  return fmt::format(", {} of the ideal",
                     range(
                         cells, [](const Cell& cell) { return cell.efficiency; }, percent_in_words));
}

// What would let them be compared at all: "too few repetitions, 6 would do".
std::string too_few(const Places& places) {
  std::size_t needed = 0;
  bool countable = true;
  bool repeated = true;
  for (const Ranked* ranked : places) {
    const TierPlace& place = ranked->place;
    std::optional<std::size_t> of_this = place.repetitions_to_be_close;
    if (place.is_close) of_this = place.sure ? 0 : place.repetitions_needed;
    if (!place.is_close && std::isinf(place.of_best_interval.high)) repeated = false;
    if (of_this) {
      needed = std::max(needed, *of_this);
    } else {
      countable = false;
    }
  }
  if (!repeated) {
    const bool failed =
        std::ranges::any_of(places, [](const Ranked* ranked) { return !words_on_failed(*ranked->cell).empty(); });
    return fmt::format("too few repetitions{}, at least {} are needed", failed ? " that did not fail" : "",
                       fewest_to_decide);
  }
  if (!countable) return fmt::format("too few repetitions, more than {} would be needed", most_repetitions);
  return fmt::format("too few repetitions, {} would do", needed);
}

bool is_known(const Ranked* ranked) { return ranked->place.sure && ranked->place.is_close; }

std::string ratio_or_doubt(const Ranked& ranked) {
  if (is_known(&ranked)) return ratio_text(ranked.place.of_best, ranked.place.of_best_interval);
  return fmt::format("{} ({})", human_factor(ranked.place.of_best), too_few({&ranked}));
}

std::string limit_text(const Ranked& ranked, const Ranking& ranking) {
  const std::string_view words = by_rate(ranking) ? short_words(limit_of(*ranked.cell)) : "";
  return words.empty() ? "" : fmt::format(": {}", words);
}

// "CPU (threads and tbb), blocked workers (pool)": what limited several, the most frequent limit first.
std::string limits_text(const Places& places, const Ranking& ranking) {
  if (!by_rate(ranking)) return "";
  std::vector<std::pair<std::string_view, Places>> groups;
  for (const Ranked* ranked : places) {
    const std::string_view words = short_words(limit_of(*ranked->cell));
    if (words.empty()) continue;
    auto at = std::ranges::find(groups, words, &std::pair<std::string_view, Places>::first);
    if (at == groups.end()) at = groups.insert(at, {words, {}});
    at->second.push_back(ranked);
  }
  std::ranges::stable_sort(groups, std::greater{}, [](const auto& group) { return group.second.size(); });
  std::vector<std::string> texts;
  for (const auto& [words, of_it] : groups) {
    const bool all = of_it.size() == places.size();
    const std::string who = of_it.size() <= most_by_name ? names_of(of_it) : fmt::format("{} of them", of_it.size());
    texts.push_back(all ? std::string(words) : fmt::format("{} ({})", words, who));
  }
  return texts.empty() ? "" : fmt::format(": {}", fmt::join(texts, ", "));
}

std::string words_behind(const Places& behind, const Ranking& ranking) {
  const bool rates = by_rate(ranking);
  const std::string_view as_long = rates ? "" : " as long";
  if (behind.size() <= most_by_name) {
    std::vector<std::string> parts;
    for (const Ranked* ranked : behind) {
      const std::string_view verb = !parts.empty() ? (rates ? " at" : "") : rates ? " follows at" : " takes";
      parts.push_back(fmt::format("{}{} {}{}{}", ranked->cell->label(), verb, ratio_or_doubt(*ranked), as_long,
                                  limit_text(*ranked, ranking)));
    }
    return fmt::format("{}", fmt::join(parts, "; "));
  }
  // Of many the next one by name, and the others between its ratio and the last.
  const Places others(std::next(behind.begin()), behind.end());
  const std::string first = human_factor(others.front()->place.of_best);
  const std::string last = human_factor(others.back()->place.of_best);
  std::string text =
      fmt::format("{} {} {}{}{}; the other {} {} {}{}", behind.front()->cell->label(), rates ? "follows at" : "takes",
                  ratio_or_doubt(*behind.front()), as_long, limit_text(*behind.front(), ranking), others.size(),
                  rates ? "reach" : "take", first == last ? first : fmt::format("{} to {}", first, last), as_long);
  Places unknown;
  std::ranges::copy_if(others, std::back_inserter(unknown), [](const Ranked* ranked) { return !is_known(ranked); });
  if (!unknown.empty()) {
    const std::string which = unknown.size() < others.size() ? fmt::format("for {} of them ", unknown.size()) : "";
    text += fmt::format(" ({}{})", which, too_few(unknown));
  }
  return text + limits_text(others, ranking);
}

std::string words_on_one(const Ranking& ranking) {
  const Ranked& only = ranking.models.front();
  const std::string label = only.cell->label();
  const Estimate& estimate = estimate_of(*only.cell, ranking.metric);
  const std::string value = value_text(estimate.mean, ranking);
  if (!by_rate(ranking)) return fmt::format("{} answers 99 % of its tasks within {}", label, value);
  constexpr double known_at_all = 0.5;
  const bool repeated = estimate.repetitions >= fewest_to_decide;
  const bool known = repeated && estimate.has_interval() && estimate.relative_half_width() <= known_at_all;
  const std::string limit = limit_text(only, ranking);
  if (known)
    return fmt::format("{} reaches {} {}{}{}", label, value, plus_minus(estimate), of_ideal({&only}, ranking), limit);
  if (repeated)
    return fmt::format(
        "{} reaches about {} (too few repetitions to know it: --precision 10% repeats until it is known){}", label,
        value, limit);
  return fmt::format("{} reaches {}{}{} (too few repetitions for an interval, at least {} are needed)", label, value,
                     of_ideal({&only}, ranking), limit, fewest_to_decide);
}

// Where nothing was repeated there is an order, and nobody knows what it is worth.
std::string words_on_unrepeated(const Places& all, const Ranking& ranking) {
  const Places others(std::next(all.begin()), all.end());
  std::string who = names_of(others);
  if (others.size() > most_by_name) {
    who = fmt::format("{} others from {} to {}", others.size(), human_factor(others.front()->place.of_best),
                      human_factor(others.back()->place.of_best));
  }
  return fmt::format("{} came first with {}, before {}; {}", all.front()->cell->label(),
                     (by_rate(ranking) ? "" : "a p99 of ") + value_text(value_of(*all.front(), ranking), ranking), who,
                     too_few(others));
}

// Nobody is behind where they are `alone`.
std::string words_on_leaders(const Places& first, const Ranking& ranking, bool alone) {
  const bool sure = ranking.knows_leaders();
  const bool rates = by_rate(ranking);
  const std::string values = span_of_values(first, ranking);
  const std::string ideal = of_ideal(first, ranking);
  if (first.size() == 1) {
    const std::string label = first.front()->cell->label();
    return rates ? fmt::format("{} {} with {}{}", label, sure ? "leads" : "came first", values, ideal)
                 : fmt::format("{} {} soonest, p99 {}", label, sure ? "answers" : "answered", values);
  }
  Places vague;
  std::ranges::copy_if(first, std::back_inserter(vague), [](const Ranked* ranked) { return !ranked->place.is_close; });
  const std::string at = rates ? values : "p99 " + values;
  if (!vague.empty()) return fmt::format("{} are not told apart at {}: {}", names_of(first), at, too_few(vague));
  if (alone) return fmt::format("{} are tied at {}{}", names_of(first), at, ideal);
  return rates ? fmt::format("{} {} at {}, tied{}", names_of(first), sure ? "lead" : "came first", values, ideal)
               : fmt::format("{} {} soonest, p99 {}, tied", names_of(first), sure ? "answer" : "answered", values);
}

std::string capitalised_load(const TrialSpec& spec) {
  const LoadSpec& load = spec.load;
  switch (load.kind) {
    case LoadKind::closed: return fmt::format("At {} in flight", human_count(load.concurrency));
    case LoadKind::fixed:
      return fmt::format("{}, {} in flight", plural(load.tasks, "task"), human_count(load.concurrency));
    case LoadKind::open: return fmt::format("At {}/s offered", human_number(load.rate_per_s));
  }
  return "";
}

}  // namespace

std::string ratio_text(double ratio, const Interval& interval) {
  const auto digits = [](double factor) {
    const std::string text = human_factor(factor);
    return text.substr(0, text.size() - 1);
  };
  const std::string low = digits(interval.low);
  const std::string high = digits(interval.high);
  return low == high ? human_factor(ratio) : fmt::format("{} [{}, {}]", human_factor(ratio), low, high);
}

std::string_view short_words(Limit limit) {
  switch (limit) {
    case Limit::lock: return "one lock";
    case Limit::delay: return "the delay of each task";
    case Limit::work: return "the work itself";
    case Limit::blocked: return "blocked workers";
    case Limit::cpus: return "CPU";
    case Limit::serial: return "one thing at a time";
    case Limit::waiting: return "waiting while CPUs idle";
    case Limit::offered:
    case Limit::disturbed:
    case Limit::unknown: break;
  }
  return "";
}

std::string verdict_on(const Ranking& ranking) {
  Places all;
  Places first;
  Places behind;
  for (const Ranked& ranked : ranking.models) {
    all.push_back(&ranked);
    (ranked.place.tier == 1 ? first : behind).push_back(&ranked);
  }
  if (all.size() == 1) return words_on_one(ranking);
  const auto repeated = [](const Ranked* ranked) { return std::isfinite(ranked->place.of_best_interval.high); };
  if (std::none_of(std::next(all.begin()), all.end(), repeated)) return words_on_unrepeated(all, ranking);
  const bool of_classes = !by_rate(ranking) && ranking.best().classes.size() > 1;
  const std::string leaders =
      (of_classes ? "all classes together: " : "") + words_on_leaders(first, ranking, behind.empty());
  return behind.empty() ? leaders : fmt::format("{}; {}", leaders, words_behind(behind, ranking));
}

std::vector<std::string> verdicts_over(std::span<const Ranking> rankings) {
  std::vector<const Ranking*> over;
  for (const Ranking& ranking : rankings) {
    if (ranking.best_workers && ranking.is_primary()) over.push_back(&ranking);
  }
  // Too few tasks tell no p99: then an open load has no primary finding, and its throughput stands alone.
  if (over.empty()) {
    const auto any = std::ranges::find_if(rankings, [](const Ranking& r) { return r.best_workers && r.main; });
    if (any != rankings.end()) over.push_back(&*any);
  }
  const bool several = over.size() > 1;
  if (over.size() > most_loads) std::erase_if(over, [](const Ranking* ranking) { return !ranking->main; });
  std::vector<std::string> texts;
  for (const Ranking* ranking : over) {
    const std::string text = verdict_on(*ranking);
    texts.push_back(several ? fmt::format("{}: {}", capitalised_load(ranking->best().spec), text) : text);
  }
  return texts;
}

}  // namespace cbench
