#include "reports/advice/advice.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/advice/costs.hpp"
#include "reports/findings/cells/cell_words.hpp"
#include "reports/findings/comparison/metric.hpp"
#include "reports/findings/limits.hpp"
#include "reports/findings/verdict.hpp"
#include "reports/stats/difference.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr double peer_is_full = 0.9;  // of its threads
constexpr double noticed = 0.1;       // of a CPU, that other programs used
constexpr double much = 0.3;          // of a CPU, likewise: it may be why trials scatter
constexpr double near_held = 0.3;
constexpr double all_busy = 0.8;     // of the CPUs: none is left
constexpr double near_behind = 0.9;  // of the best: such a runner-up may lead another day
constexpr std::size_t most_by_name = 5;

struct Field {
  Cells leaders;
  Cells behind;
  const Ranked* runner_up = nullptr;
};

Field field_of(const Ranking& ranking) {
  Field field;
  for (const Ranked& ranked : ranking.models) {
    if (ranked.place.tier == 1) {
      field.leaders.push_back(ranked.cell);
      continue;
    }
    if (field.runner_up == nullptr) field.runner_up = &ranked;
    field.behind.push_back(ranked.cell);
  }
  return field;
}

bool several_workers(const Ranking& ranking) {
  const auto workers = [](const Ranked& ranked) { return ranked.cell->spec.workers; };
  return std::ranges::adjacent_find(ranking.models, std::ranges::not_equal_to{}, workers) != ranking.models.end();
}

std::string label_with_workers(const Cell& cell, bool say_workers) {
  if (!say_workers) return cell.label();
  return fmt::format("{} ({})", cell.label(), plural(cell.spec.workers, "worker"));
}

bool is_at_the_peer(const Cell* cell) { return cell->peer_cpu_share > peer_is_full * cell->peers; }

// "any of fibers, pool and threads"; of many, how many.
std::string any_of(const std::vector<std::string>& labels, bool all) {
  if (labels.size() == 2) return fmt::format("{} or {}", labels[0], labels[1]);
  if (labels.size() <= most_by_name) return "any of " + human_list(labels);
  return fmt::format("any of {} {}", all ? "all" : "these", labels.size());
}

std::string capitalised(std::string text) {
  if (!text.empty()) text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  return text;
}

// Of those that are tied, what else would decide.
std::string cheaper_words(const std::vector<Cost>& costs) {
  const auto cpu = least_of(costs, &Cost::cpus_us);
  const auto memory = least_of(costs, &Cost::bytes);
  if (cpu && memory && cpu->label == memory->label) {
    return fmt::format(" {} takes the least CPU and the least memory of them.", cpu->label);
  }
  std::string text;
  if (cpu) text += fmt::format(" {} takes the least CPU of them.", cpu->label);
  if (memory) text += fmt::format(" {} takes the least memory of them.", memory->label);
  return text;
}

std::vector<Cost> costs_of(const Cells& cells) {
  std::vector<Cost> costs;
  for (const Cell* cell : cells) costs.push_back(cost_of(*cell));
  return costs;
}

// Behind, and perhaps only for want of the CPUs that other programs used.
bool might_lead(const Cell& cell, const Ranking& ranking) {
  if (ranking.metric != RankedBy::throughput || !others_had_cpus(cell)) return false;
  const Limit limit = limit_of(cell);
  if ((limit != Limit::disturbed && limit != Limit::cpus) || cell.cpu_share <= 0) return false;
  // Workers that are held by a task each while it waits lack no CPU: by Little's law, as limits.hpp has it, but without
  // asking how well the throughput is known.
  const double held = tasks_in_service(cell);
  const double workers = cell.spec.workers;
  const bool waits = cell.demand_wait_us > cell.demand_cpu_us && workers < cell.spec.load.concurrency;
  if (waits && held >= (1 - near_held) * workers && held <= (1 + near_held) * workers) return false;
  const double alone = cell.throughput.mean * (cell.cpu_share + cell.foreign_cpu_share) / cell.cpu_share;
  return alone >= ranking.best().throughput.mean;
}

// What the models had not of the CPUs, at most, and who had it.
struct Taken {
  double cpus = 0;
  std::string_view who = "other programs used";
};

Taken most_taken(const Ranking& ranking) {
  Taken most;
  for (const Ranked& ranked : ranking.models) {
    const Cell& cell = *ranked.cell;
    if (cell.foreign_cpu_share <= most.cpus) continue;
    most.cpus = cell.foreign_cpu_share;
    most.who = cell.worst_steal_share > cell.worst_other_cpu_share ? "the hypervisor took" : "other programs used";
  }
  return most;
}

// Why the repetitions do not know who leads.
std::string why_unknown(const Ranking& ranking) {
  const Taken taken = most_taken(ranking);
  if (taken.cpus > much) {
    return fmt::format("the trials scatter too much to know who leads; {} up to {:.1f} of {:.3g} CPUs", taken.who,
                       taken.cpus, ranking.best().cpus);
  }
  return "too few repetitions, or trials that scatter too much, to know who leads; give it more --time";
}

// Who is told from the best all the same.
std::string surely_behind(const Ranking& ranking) {
  Cells behind;
  for (const Ranked& ranked : ranking.models) {
    const TierPlace& place = ranked.place;
    const bool is_worse =
        ranking.metric == RankedBy::throughput ? place.of_best_interval.high < 1 : place.of_best_interval.low > 1;
    if (place.tier > 1 && place.sure && is_worse && !might_lead(*ranked.cell, ranking)) behind.push_back(ranked.cell);
  }
  if (behind.empty()) return "";
  return fmt::format(" Surely not the best: {}.",
                     behind.size() <= most_by_name
                         ? names(behind)
                         : fmt::format("{} of the {} models", behind.size(), ranking.models.size()));
}

// What speaks against those that were chosen.
std::string words_on_failures(const Cells& chosen) {
  std::string out;
  for (const Cell* cell : chosen) {
    const std::string failed = words_on_failed(*cell);
    if (!failed.empty()) out += fmt::format(" But {} {}: find out why before you rely on it.", cell->label(), failed);
  }
  return out;
}

void choose(const Ranking& ranking, const Field& field, Advice& advice) {
  if (ranking.models.size() == 1) {
    advice.choose = fmt::format("Nothing to choose from: {} alone was measured.", ranking.best().label());
    return;
  }
  const auto repeated = [](const Ranked& ranked) { return ranked.cell->throughput.repetitions >= fewest_to_decide; };
  if (!std::ranges::all_of(ranking.models, repeated) || !ranking.knows_leaders()) {
    advice.choose = fmt::format("Cannot be told: {}.{}", why_unknown(ranking), surely_behind(ranking));
    return;
  }
  if (field.behind.empty() && std::ranges::all_of(field.leaders, is_at_the_peer)) {
    advice.choose = "Cannot be told: the peer, which answers the requests, was the limit of all, and not a model.";
    return;
  }
  Cells contenders;
  std::ranges::copy_if(field.behind, std::back_inserter(contenders),
                       [&](const Cell* cell) { return might_lead(*cell, ranking); });
  if (!contenders.empty()) {
    const std::string who =
        contenders.size() <= most_by_name ? names(contenders) : fmt::format("{} others", contenders.size());
    const Taken taken = most_taken(ranking);
    advice.choose = fmt::format(
        "Cannot be told: {} came first, but {} up to {:.1f} of {:.3g} CPUs, and on a quiet machine {} might lead.{}",
        names(field.leaders), taken.who, taken.cpus, ranking.best().cpus, who, surely_behind(ranking));
    return;
  }
  advice.decided = true;
  for (const Cell* cell : field.leaders) advice.chosen.push_back(cell->label());
  std::vector<std::string> labels;
  for (const Cell* cell : field.leaders) labels.push_back(label_with_workers(*cell, several_workers(ranking)));
  if (labels.size() == 1) {
    advice.choose = labels.front() + "." + words_on_failures(field.leaders);
    return;
  }
  advice.choose = capitalised(any_of(labels, field.behind.empty())) + ", which are not told apart.";
  if (field.behind.empty()) {
    advice.choose = fmt::format("No model wins: {} do, as they are not told apart.", any_of(labels, true));
  }
  advice.choose += cheaper_words(costs_of(field.leaders)) + words_on_failures(field.leaders);
}

// What limits them, in the words of limits.hpp; of what is limited by the peer it is no finding about models.
std::string limits_of(const Cells& cells) {
  Block block;
  for (const Cell* cell : cells) block.cells.push_back(*cell);
  return fmt::to_string(fmt::join(limit_sentences(block), " "));
}

void explain_limits(const Field& field, Advice& advice) {
  Cells full;
  std::ranges::copy_if(field.leaders, std::back_inserter(full), is_at_the_peer);
  Cells shown = field.leaders;
  std::erase_if(shown, is_at_the_peer);
  if (field.runner_up != nullptr && !is_at_the_peer(field.runner_up->cell)) shown.push_back(field.runner_up->cell);
  advice.why = limits_of(shown);
  if (full.empty()) return;
  const double least = std::ranges::min(full, {}, &Cell::peer_cpu_share)->peer_cpu_share;
  advice.why = fmt::format("The peer used {} of a CPU with {}: it was the limit, and how far they go is not known.{}{}",
                           percent_in_words(least), names(full), advice.why.empty() ? "" : " ", advice.why);
}

Cells with(const Cells& cells, Limit limit) {
  Cells out;
  std::ranges::copy_if(cells, std::back_inserter(out),
                       [&](const Cell* cell) { return !is_at_the_peer(cell) && limit_of(*cell) == limit; });
  return out;
}

std::string words_on_leaders_limits(const Cells& leaders) {
  if (const Cells full = with(leaders, Limit::delay); !full.empty()) {
    return fmt::format("More in flight than {} (-c): the delay of the tasks is what limits {}, and not the model.",
                       human_count(full.front()->spec.load.concurrency), names(full));
  }
  if (const Cells locked = with(leaders, Limit::lock); !locked.empty()) {
    return fmt::format("Less time in the lock: each task holds it for {}, one after the other, whatever the model.",
                       human_us(locked.front()->demand_lock_us));
  }
  Cells busy = with(leaders, Limit::cpus);
  std::ranges::copy(with(leaders, Limit::work), std::back_inserter(busy));
  if (!busy.empty() && busy.front()->cpus > 0) {
    return fmt::format("More or faster CPUs: {} {} {} of {:.3g}.", names(busy), busy.size() == 1 ? "uses" : "use",
                       range(
                           busy, [](const Cell& cell) { return cell.cpu_share; },
                           [](double share) { return fmt::format("{:.2f}", share); }),
                       busy.front()->cpus);
  }
  if (const Cells serial = with(leaders, Limit::serial); !serial.empty()) {
    return fmt::format("Less that is done one at a time: {} {} one CPU in spite of {}.", names(serial),
                       serial.size() == 1 ? "uses" : "use", plural(serial.front()->spec.workers, "worker"));
  }
  return "";
}

std::string words_on_blocked(const Ranking& ranking) {
  Cells all;
  for (const Ranked& ranked : ranking.models) all.push_back(ranked.cell);
  const Cells blocked = with(all, Limit::blocked);
  if (blocked.empty()) return "";
  return fmt::format("More workers than {} (-n): each of those of {} is held by one task while that waits.",
                     human_count(blocked.front()->spec.workers), names(blocked));
}

// Other numbers of workers, where several were measured.
std::string words_on_workers(const std::vector<Ranking>& rankings, const Ranking& decided, const Advice& advice) {
  std::vector<std::string> same;
  std::vector<std::string> other;
  for (const Ranking& ranking : rankings) {
    if (ranking.best_workers || ranking.metric != decided.metric ||
        !same_load(ranking.best().spec, decided.best().spec))
      continue;
    const std::string workers = plural(ranking.best().spec.workers, "worker");
    if (ranking.models.size() < 2 || !ranking.knows_leaders()) continue;
    std::vector<std::string> leaders;
    for (const Cell* cell : field_of(ranking).leaders) leaders.push_back(cell->label());
    const bool any_same = std::ranges::any_of(
        leaders, [&](const std::string& label) { return std::ranges::count(advice.chosen, label) > 0; });
    if (any_same) {
      same.push_back(workers);
    } else {
      other.push_back(
          fmt::format("with {} {} {}", workers, human_list(leaders), leaders.size() == 1 ? "leads" : "lead"));
    }
  }
  if (!other.empty()) return fmt::format("Other workers: {}.", fmt::join(other, ", "));
  if (same.size() < 2) return "";
  return fmt::format("Not the workers: with {} nobody else leads.", human_list(same));
}

}  // namespace

bool others_had_cpus(const Cell& cell) {
  const double used = cell.cpu_share + cell.peer_cpu_share;
  return cell.cpus > 0 && cell.foreign_cpu_share > noticed && used + cell.foreign_cpu_share >= all_busy * cell.cpus;
}

const Ranking* deciding(const std::vector<Ranking>& rankings) {
  for (const Ranking& ranking : rankings) {
    if (ranking.best_workers && ranking.main && ranking.is_primary()) return &ranking;
  }
  // Too few tasks tell no p99: then throughput stands alone.
  for (const Ranking& ranking : rankings) {
    if (ranking.best_workers && ranking.main) return &ranking;
  }
  return nullptr;
}

std::string words_on_noise(const Ranking& ranking, const NoiseFloor* floor) {
  const Ranked* runner_up = field_of(ranking).runner_up;
  if (runner_up == nullptr) return "";
  if (!runner_up->place.sure) {
    const std::string doubt = runner_up->place.doubt();
    return doubt.empty()
               ? ""
               : fmt::format("More repetitions: {} is not told apart yet ({}).", runner_up->cell->label(), doubt);
  }
  const double ratio = runner_up->place.of_best;
  const double distance = std::abs(std::log(ratio));
  const bool by_throughput = ranking.metric == RankedBy::throughput;
  const std::string who = runner_up->cell->label();
  const std::string far = percent_in_words(std::abs(1 - ratio));
  const std::string behind = by_throughput ? "behind" : "longer";
  const auto noise = floor == nullptr
                         ? std::nullopt
                         : floor->of(runner_up->cell->spec, metric_named(by_throughput ? "throughput" : "p99"));
  if (!noise) {
    if (distance > -std::log(near_behind)) return "";
    return fmt::format(
        "Another day: {} is only {} {}, and what this host differs by between sessions was never measured "
        "(cbench aa).",
        who, far, behind);
  }
  const std::size_t repetitions = runner_up->cell->throughput.repetitions;
  const double difference = noise->largest_difference(repetitions, repetitions);
  if (distance > std::log1p(difference)) return "";
  return fmt::format("Another day: {} is {} {}, and two sessions on this host differ by up to {}.", who, far, behind,
                     percent_in_words(difference));
}

std::string words_on_disturbance(const Cells& cells) {
  double worst = 0;
  std::string who = "other programs used";
  for (const Cell* cell : cells) {
    if (cell->worst_other_cpu_share > worst) worst = cell->worst_other_cpu_share;
    if (cell->worst_steal_share > worst) {
      worst = cell->worst_steal_share;
      who = "the hypervisor took";
    }
  }
  if (worst <= noticed) return "";
  return fmt::format("A quiet machine: {} up to {} of a CPU meanwhile.", who, percent_in_words(worst));
}

Advice advice_on(const Block& block, const NoiseFloor* floor) {
  Advice advice;
  const std::vector<Ranking> rankings = rankings_of(block);
  const Ranking* ranking = deciding(rankings);
  if (ranking == nullptr) {
    advice.choose = "Nothing: no model could be measured.";
    return advice;
  }
  const Field field = field_of(*ranking);
  choose(*ranking, field, advice);
  advice.by_how_much = fmt::format("{}{}.", advice.decided ? "" : "As measured, ", verdict_on(*ranking));
  explain_limits(field, advice);
  advice.costs = costs_text(costs_of(field.leaders), costs_of(field.behind));
  Cells all = field.leaders;
  std::ranges::copy(field.behind, std::back_inserter(all));
  for (std::string text : {words_on_leaders_limits(field.leaders), words_on_blocked(*ranking),
                           advice.decided ? words_on_workers(rankings, *ranking, advice) : std::string(),
                           words_on_noise(*ranking, floor), words_on_disturbance(all)}) {
    if (!text.empty()) advice.would_change.push_back(std::move(text));
  }
  if (std::ranges::any_of(field.leaders, is_at_the_peer)) {
    advice.would_change.push_back(fmt::format("A peer on another machine: here it has {} beside the models.",
                                              plural(field.leaders.front()->peers, "thread")));
  }
  return advice;
}

}  // namespace cbench
