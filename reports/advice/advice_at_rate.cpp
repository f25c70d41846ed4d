#include "reports/advice/advice_at_rate.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/advice/costs.hpp"
#include "reports/findings/cells/cell_words.hpp"
#include "reports/findings/limits.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/stats/difference.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr double least_served = 0.95;  // of what arrived
constexpr double busy = 0.8;           // of the CPUs
constexpr std::size_t most_by_name = 5;

struct AtRate {
  const Cell* cell = nullptr;
  const TrialVotes* votes = nullptr;
  Serves serves = Serves::unknown;
};
using Models = std::vector<AtRate>;

Models that(const Models& models, Serves serves) {
  Models out;
  std::ranges::copy_if(models, std::back_inserter(out), [&](const AtRate& one) { return one.serves == serves; });
  return out;
}

std::string names_of(const Models& models) {
  std::vector<std::string> labels;
  for (const AtRate& one : models) labels.push_back(one.cell->label());
  return human_list(labels);
}

std::string rate_of(const Block& block) { return human_number(block.cells.front().spec.load.rate_per_s) + "/s"; }

// "serves 20.0k/s", "keeps p99<40ms at 20.0k/s".
std::string deed(const std::string& rate, const std::string& slo, bool one) {
  if (slo.empty()) return fmt::format("{} {}", one ? "serves" : "serve", rate);
  return fmt::format("{} {} at {}", one ? "keeps" : "keep", slo, rate);
}

// Who does not serve, by what it fails by: "threads and pool: overload".
std::string failures_text(const Models& failing) {
  std::map<std::string, Models> by_limit;
  for (const AtRate& one : failing) by_limit[one.votes->fails_by].push_back(one);
  std::vector<std::string> texts;
  for (const auto& [limit, models] : by_limit) {
    const bool one = models.size() == 1;
    std::string text;
    if (limit == "overload") {
      text = fmt::format("{} {} not keep up", names_of(models), one ? "does" : "do");
      if (one && !models.front().cell->overload.empty()) text += fmt::format(" ({})", models.front().cell->overload);
    } else if (limit == "errors") {
      text = fmt::format("trials of {} failed", names_of(models));
    } else {
      text = fmt::format("{} {} {}", names_of(models), one ? "misses" : "miss", limit);
    }
    texts.push_back(std::move(text));
  }
  return texts.empty() ? "" : fmt::format("{}.", fmt::join(texts, "; "));
}

// Why nothing can be said of them: what most of their trials suffered from.
std::string silence(const Models& unknown) {
  std::map<std::string, int> reasons;
  for (const AtRate& one : unknown) {
    const bool disturbed = limit_of(*one.cell) == Limit::disturbed;
    ++reasons[one.votes->silent_by.empty() && disturbed ? "others" : one.votes->silent_by];
  }
  const auto most = std::ranges::max_element(reasons, {}, [](const auto& entry) { return entry.second; });
  if (most->first == "generator") {
    const Cell& cell = *unknown.front().cell;
    const bool none_left = cell.cpus > 1 && cell.spec.workers >= cell.cpus;
    return fmt::format("the generator found no CPU to bring the tasks in time{}",
                       none_left ? ": fewer workers, -n, leave it one" : "");
  }
  if (most->first == "peer") return "the peer, which answers the requests, was the limit";
  if (most->first == "too few requests") return "a trial has too few requests for the percentile, give it more --time";
  if (most->first == "others") return "other programs had the CPUs";
  return "too few trials say anything";
}

std::string many(const Models& models) {
  return models.size() <= most_by_name ? names_of(models) : fmt::format("{} models", models.size());
}

std::string no_winner(const Block& block, const Models& models, const std::string& slo) {
  const std::string rate = rate_of(block);
  const Models some = that(models, Serves::sometimes);
  const Models no = that(models, Serves::no);
  const Models unknown = that(models, Serves::unknown);
  if (no.size() == models.size()) return fmt::format("None: no model {}.", deed(rate, slo, true));
  std::string text = unknown.empty() ? "None surely:" : "Cannot be told:";
  std::vector<std::string> parts;
  if (!unknown.empty()) {
    parts.push_back(fmt::format(" of {} nothing is known at {} ({})", many(unknown), rate, silence(unknown)));
  }
  if (!some.empty()) {
    parts.push_back(
        fmt::format(" {} {} in some trials and not in others", many(some), deed(rate, slo, some.size() == 1)));
  }
  if (!no.empty()) parts.push_back(fmt::format(" {} {} not", many(no), no.size() == 1 ? "does" : "do"));
  return fmt::format("{}{}.", text, fmt::join(parts, ";"));
}

// Those that serve, as a block of their own: the order among them is that of any other ranking.
Block block_of(const Models& serving) {
  Block block;
  for (const AtRate& one : serving) block.cells.push_back(*one.cell);
  return block;
}

std::string cpus_text(const Cells& cells) {
  const double cpus = cells.front()->cpus;
  return fmt::format(" At this rate {} {} {} of {:.3g} CPUs.", cells.size() == 1 ? "it" : "they",
                     cells.size() == 1 ? "uses" : "use",
                     range(
                         cells, [](const Cell& cell) { return cell.cpu_share; },
                         [](double share) { return fmt::format("{:.2f}", share); }),
                     cpus);
}

void choose_among(const Models& serving, const Models& unknown, const Ranking* ranking, const std::string& rate,
                  const std::string& slo, Advice& advice) {
  const std::string what = deed(rate, slo, serving.size() == 1);
  const std::string who = serving.size() <= most_by_name ? names_of(serving) : fmt::format("{} models", serving.size());
  const bool by_p99 = ranking != nullptr && ranking->metric == RankedBy::response_p99;
  const bool disturbed = std::ranges::any_of(serving, [](const AtRate& one) { return others_had_cpus(*one.cell); });
  // The p99 of several classes is that of none: it jumps from one to another with a task more or less.
  const bool of_classes = std::ranges::any_of(serving, [](const AtRate& one) { return one.cell->classes.size() > 1; });
  const bool known = by_p99 && !of_classes && !disturbed && ranking->models.size() > 1 && ranking->knows_leaders();
  advice.decided = true;
  Cells leaders;
  if (known) {
    for (const Ranked& ranked : ranking->models) {
      if (ranked.place.tier == 1) leaders.push_back(ranked.cell);
    }
  } else {
    for (const AtRate& one : serving) leaders.push_back(one.cell);
  }
  for (const Cell* cell : leaders) advice.chosen.push_back(cell->label());
  if (serving.size() == 1) {
    advice.choose = fmt::format("{}, which {}{}.", leaders.front()->label(), unknown.empty() ? "alone " : "",
                                deed(rate, slo, true));
  } else if (known && leaders.size() == 1) {
    advice.choose = fmt::format("{}: {} {}, and it answers soonest.", leaders.front()->label(), who, what);
  } else if (known && leaders.size() < serving.size()) {
    const std::string soonest =
        leaders.size() <= most_by_name ? names(leaders) : fmt::format("{} of them", leaders.size());
    advice.choose = fmt::format("Any of {}, which answer soonest, tied; {} {}.", soonest, who, what);
  } else {
    std::string_view order = "; who answers soonest is not known";
    if (of_classes) order = "; their classes of tasks, below, have no p99 in common";
    if (disturbed) order = "; who answers soonest cannot be told, as other programs had the CPUs";
    if (known) order = " and are not told apart by their p99";
    advice.choose = fmt::format("Any of {}, which {}{}.", who, what, order);
  }
  std::vector<Cost> costs;
  for (const Cell* cell : leaders) costs.push_back(cost_of(*cell));
  if (!unknown.empty()) {
    advice.choose += fmt::format(" Of {} nothing is known ({}).", many(unknown), silence(unknown));
  }
  if (const auto cpu = least_of(costs, &Cost::cpus_us)) {
    advice.choose += fmt::format(" {} takes the least CPU of {}.", cpu->label, leaders.size() == 2 ? "both" : "them");
  }
}

}  // namespace

Serves serves(const Cell& cell, const TrialVotes& votes) {
  if (votes.fails * 2 > votes.trials()) {
    return votes.fails_by != "errors" && limit_of(cell) == Limit::disturbed ? Serves::unknown : Serves::no;
  }
  if (votes.fails > 0)
    return votes.passes > 0 && votes.none * 2 <= votes.trials() ? Serves::sometimes : Serves::unknown;
  if (votes.passes < fewest_to_decide || votes.passes * 2 <= votes.trials()) return Serves::unknown;
  const bool served = cell.throughput.mean >= least_served * cell.arrived.offered_per_s && cell.arrived.shed == 0;
  return served ? Serves::yes : Serves::sometimes;
}

std::string_view name_of(Serves serves) {
  switch (serves) {
    case Serves::yes: return "yes";
    case Serves::no: return "no";
    case Serves::sometimes: return "sometimes";
    case Serves::unknown: break;
  }
  return "unknown";
}

Advice advice_at_rate(const Block& block, std::span<const TrialVotes> votes, const std::string& slo,
                      const NoiseFloor* floor) {
  Advice advice;
  Models models;
  for (std::size_t i = 0; i < block.cells.size() && i < votes.size(); ++i) {
    if (!block.cells[i].spec.unasked) models.push_back({&block.cells[i], &votes[i], serves(block.cells[i], votes[i])});
  }
  if (models.empty()) {
    advice.choose = "Nothing: no model could be measured.";
    return advice;
  }
  const Models serving = that(models, Serves::yes);
  Models failing = that(models, Serves::no);
  std::ranges::copy(that(models, Serves::sometimes), std::back_inserter(failing));
  advice.why = failures_text(failing);
  const std::string rate = rate_of(block);
  Cells all;
  for (const AtRate& one : models) {
    if (one.cell->measured()) all.push_back(one.cell);
  }
  if (serving.empty()) {
    advice.choose = no_winner(block, models, slo);
  } else {
    const Block of_serving = block_of(serving);
    const std::vector<Ranking> rankings = rankings_of(of_serving);
    const Ranking* ranking = deciding(rankings);
    choose_among(serving, that(models, Serves::unknown), ranking, rate, slo, advice);
    if (ranking != nullptr && ranking->metric == RankedBy::response_p99) {
      const bool disturbed = std::ranges::any_of(serving, [](const AtRate& one) { return others_had_cpus(*one.cell); });
      advice.by_how_much = fmt::format("{}{}.", disturbed ? "As measured, " : "", verdict_on(*ranking));
      if (std::string text = words_on_noise(*ranking, floor); !text.empty()) {
        advice.would_change.push_back(std::move(text));
      }
    }
    Cells chosen;
    std::vector<Cost> costs;
    std::vector<Cost> others;
    for (const Cell& cell : of_serving.cells) {
      const bool is_chosen = std::ranges::count(advice.chosen, cell.label()) > 0;
      (is_chosen ? costs : others).push_back(cost_of(cell));
      if (is_chosen) chosen.push_back(&cell);
    }
    advice.costs = costs_text(costs, others);
    if (!advice.costs.empty() && chosen.front()->cpus > 0) advice.costs += cpus_text(chosen);
    Cells close;
    std::ranges::copy_if(chosen, std::back_inserter(close), [](const Cell* cell) {
      return cell->cpus > 0 && cell->cpu_share + cell->peer_cpu_share >= busy * cell->cpus;
    });
    if (!close.empty()) {
      advice.would_change.push_back(fmt::format(
          "A little more load: the CPUs are {} busy with {}.",
          range(
              close, [](const Cell& c) { return (c.cpu_share + c.peer_cpu_share) / c.cpus; }, percent_in_words),
          names(close)));
    }
  }
  if (const Models edge = that(models, Serves::sometimes); !edge.empty() && !serving.empty()) {
    std::vector<std::string> texts;
    for (const AtRate& one : edge) {
      texts.push_back(fmt::format("{} ({} of {})", one.cell->label(), one.votes->passes, one.votes->trials()));
    }
    advice.would_change.push_back(
        fmt::format("A little less load: {} {} in some trials.", human_list(texts), deed(rate, slo, edge.size() == 1)));
  }
  if (std::string text = words_on_disturbance(all); !text.empty()) advice.would_change.push_back(std::move(text));
  return advice;
}

}  // namespace cbench
