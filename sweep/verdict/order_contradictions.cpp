#include "sweep/verdict/order_contradictions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "sweep/verdict/trial_times.hpp"
#include "sweep/verdict/turns_met.hpp"
#include "text/human.hpp"
#include "workloads/turns.hpp"

namespace cbench {
namespace {

// Turns that the timed tasks have had, or more than those. Of a closed loop, by when its window ended.
TurnCounts turns_met(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome, const TurnSums& waits) {
  switch (spec.load.kind) {
    case LoadKind::fixed: return turns_between(work.turns(), 0, spec.load.tasks);
    case LoadKind::open: {
      const ArrivalCounts& arrivals = *outcome.record->arrivals;
      constexpr std::uint64_t rounding = 2;
      return turns_between(work.turns(), arrivals.begin.due - std::min(rounding, arrivals.begin.due),
                           arrivals.end.due + rounding);
    }
    case LoadKind::closed: break;
  }
  return turns_of_slots(work, waits, spec.load.concurrency,
                        waits_in(ns_between(ready_of(outcome), *outcome.window->end_ns)));
}

// How often a class has come. Slots of a closed loop leave no turn out, so that little of it is chance.
std::string shares_contradict(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome) {
  const RecordEvent& record = *outcome.record;
  if (record.classes.empty()) return {};
  for (const auto& [name, histogram] : record.classes) {
    const TurnSums sums(by_turn(work, [&, &of = name](std::size_t script) -> std::uint64_t {
      return work.classes()[work.class_of(static_cast<std::uint32_t>(script))] == of ? 1 : 0;
    }));
    const auto counted = static_cast<double>(histogram.total());
    double expected = sums.mean() * static_cast<double>(record.tasks);
    double apart = spec.load.concurrency * sums.unevenness();
    if (spec.load.kind == LoadKind::fixed) {
      expected = sums.sum_of_first(spec.load.tasks);
      apart = 0;
    } else if (spec.load.kind == LoadKind::open) {
      const ArrivalCounts& arrivals = *record.arrivals;
      expected = sums.sum_of_first(arrivals.end.due) - sums.sum_of_first(arrivals.begin.due);
      apart = 4 + static_cast<double>(arrivals.shed() + arrivals.unfinished);
    }
    if (std::abs(counted - expected) <= apart + 0.5) continue;
    return fmt::format("it has {} tasks of the class \"{}\", though in the order there are {:.0f}{}", histogram.total(),
                       name, expected, apart == 0 ? "" : fmt::format(", or {:.0f} more or fewer", apart));
  }
  return {};
}

// No task takes less than it waits, and which tasks there can have been is known.
std::string waits_contradict(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome,
                             const std::vector<std::uint64_t>& waits, const TurnSums& sums) {
  const RecordEvent& record = *outcome.record;
  const TurnCounts met = turns_met(work, spec, outcome, sums);
  const TooMany many = too_many_short(record.service, waits, met, histogram_error);
  if (many.told > 0 && many.possible == 0 && many.shortest_ns == 0) {
    return fmt::format("{} finished, though no slot had time for any", plural(many.told, "task"));
  }
  if (many.told > 0 && many.possible == 0) {
    return fmt::format("a task was served in {}, though it waits for {}",
                       human_us(static_cast<double>(record.service.smallest()) / 1000),
                       human_us(static_cast<double>(many.shortest_ns) / 1000));
  }
  if (many.told > 0) {
    return fmt::format("{} tasks were served within {}, though no more than {} wait for so little", many.told,
                       human_us(static_cast<double>(many.within_ns) / 1000), many.possible);
  }
  for (const auto& [name, histogram] : record.classes) {
    TurnCounts of_class = met;
    for (std::size_t turn = 0; turn < work.turns(); ++turn) {
      if (work.classes()[work.class_of(work.script_of(turn))] != name) of_class[turn] = 0;
    }
    const TooMany short_ones = too_many_short(histogram, waits, of_class, histogram_error);
    if (short_ones.told == 0) continue;
    return fmt::format("{} tasks of the class \"{}\" took {} or less, though no more than {} wait for so little",
                       short_ones.told, name, human_us(static_cast<double>(short_ones.within_ns) / 1000),
                       short_ones.possible);
  }
  const double served = record.service.mean() * static_cast<double>(record.tasks);
  const double least = static_cast<double>(record.tasks) * sums.mean() - spec.load.concurrency * sums.unevenness();
  if (spec.load.kind == LoadKind::closed && served < least * (1 - histogram_error)) {
    return fmt::format("its tasks were served in {:.3g} s together, though they wait for {:.3g} s", served / 1e9,
                       least / 1e9);
  }
  return {};
}

// How many tasks the slots can have finished: one after the other, each of which waits.
std::string room_contradicts(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome,
                             const std::vector<std::uint64_t>& waits, const TurnSums& sums) {
  const RecordEvent& record = *outcome.record;
  const double window = window_s_of(spec, outcome) * 1e9;
  if (spec.load.kind == LoadKind::fixed) {
    const double needed = sums.sum_of_first(spec.load.tasks) * (1 - histogram_error);
    const double room = slots_in_use(spec.load) * (window + ns_of(begin_slack));
    if (needed <= room) return {};
    return fmt::format("its tasks wait for {:.3g} s, but its {} slots were through after {:.3g} s each", needed / 1e9,
                       slots_in_use(spec.load), window / 1e9);
  }
  // An open load gives a slot whatever comes; of the first task all but its end may lie before the window.
  const std::uint64_t least = std::ranges::min(waits);
  const std::uint64_t in_a_row = spec.load.kind == LoadKind::closed ? sums.longest_reach(waits_in(window))
                                 : least == 0                       ? TurnSums::unlimited
                                                                    : waits_in(window) / least;
  if (in_a_row == TurnSums::unlimited) return {};
  if (record.most_of_a_slot > in_a_row + 1 || record.tasks > spec.load.concurrency * (in_a_row + 1)) {
    return fmt::format("{} tasks finished, {} in one of its {} slots, which had time for no more than {} each",
                       record.tasks, record.most_of_a_slot, spec.load.concurrency, in_a_row + 1);
  }
  if (spec.load.kind != LoadKind::closed) return {};
  const std::uint64_t lived = waits_in(ns_between(ready_of(outcome), ended_of(outcome)));
  std::uint64_t possible = 0;
  for (std::uint64_t slot = 0; slot < spec.load.concurrency; ++slot) {
    possible += sums.reach(work.first_turn(slot, spec.load.concurrency), lived) + 1;
  }
  if (record.tasks_total <= possible) return {};
  return fmt::format("{} tasks finished in all, but its {} slots had time for no more than {}", record.tasks_total,
                     spec.load.concurrency, possible);
}

// In ns, for how long a task holds a lock while it waits; branches that take it do so one after the other.
std::map<std::uint32_t, std::uint64_t> holds_of(Script script, std::uint64_t times = 1) {
  std::map<std::uint32_t, std::uint64_t> holds;
  for (std::size_t at = 0; at < script.size(); at += 1 + script[at].body) {
    const Step& step = script[at];
    if (step.body == 0) continue;
    const std::uint64_t branches = step.kind == StepKind::fan_out ? step.width * times : times;
    if (step.kind == StepKind::critical) {
      holds[step.lock] += times * static_cast<std::uint64_t>(waiting_of(body_of(script, at)).count());
    }
    for (const auto& [lock, held] : holds_of(body_of(script, at), branches)) holds[lock] += held;
  }
  return holds;
}

// Whoever holds a lock is alone in it.
std::string locks_contradict(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome) {
  const RecordEvent& record = *outcome.record;
  const double window = window_s_of(spec, outcome) * 1e9;
  std::vector<std::map<std::uint32_t, std::uint64_t>> holds;
  for (std::size_t i = 0; i < work.distinct(); ++i) holds.push_back(holds_of(work.script(i)));
  for (std::uint32_t lock = 0; lock < work.locks(); ++lock) {
    const auto of_turns = by_turn(work, [&](std::size_t script) { return holds[script][lock]; });
    const auto [least, most] = std::ranges::minmax(of_turns);
    if (most == 0) continue;
    const TurnSums sums(of_turns);
    const auto tasks = static_cast<double>(record.tasks);
    double held = static_cast<double>(least) * tasks;
    // Tasks that finish within the window may have held it before.
    double room = window + spec.load.concurrency * static_cast<double>(most);
    if (spec.load.kind == LoadKind::fixed) {
      held = sums.sum_of_first(spec.load.tasks);
      room = window + ns_of(begin_slack);
    } else if (spec.load.kind == LoadKind::closed) {
      held = std::max(held, tasks * sums.mean() - spec.load.concurrency * sums.unevenness());
    }
    if (held * (1 - histogram_error) <= room) continue;
    return fmt::format(
        "{} tasks hold a lock for {:.3g} s, one after the other, but there was time for {:.3g} s: several "
        "were inside at once",
        record.tasks, held / 1e9, room / 1e9);
  }
  return {};
}

}  // namespace

std::string order_contradicts(const Work& work, const TrialSpec& spec, const TrialOutcome& outcome) {
  const std::vector<std::uint64_t> waits = waits_of_turns(work);
  const TurnSums sums(waits);
  if (sums.mean() > 0) {
    for (const auto check : {waits_contradict, room_contradicts}) {
      if (std::string found = check(work, spec, outcome, waits, sums); !found.empty()) return found;
    }
  }
  for (const auto check : {locks_contradict, shares_contradict}) {
    if (std::string found = check(work, spec, outcome); !found.empty()) return found;
  }
  return {};
}

}  // namespace cbench
