#include "reports/advice/advice_on_capacity.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/findings/verdict.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

using Told = SustainedRate::Told;
using Rates = std::vector<const SustainedRate*>;

constexpr std::size_t most_by_name = 3;
constexpr double much = 0.3;  // of a CPU, that other programs used

Rates that(std::span<const SustainedRate> rates, Told told) {
  Rates out;
  for (const SustainedRate& rate : rates) {
    if (rate.told == told) out.push_back(&rate);
  }
  return out;
}

std::string names_of(const Rates& rates) {
  std::vector<std::string> labels;
  for (const SustainedRate* rate : rates) labels.push_back(rate->label);
  return human_list(labels);
}

std::string per_s(double rate) { return human_number(rate) + "/s"; }

// "27.0k/s [26.1k/s, 27.9k/s]"
std::string capacity_text(const SustainedRate& rate) {
  if (rate.told == Told::at_least) return "at least " + per_s(rate.lower_per_s);
  const Interval interval = rate.capacity->interval_per_s();
  return fmt::format("{} [{}, {}]", per_s(rate.capacity->median_per_s()), per_s(interval.low), per_s(interval.high));
}

std::string ratio_to(const SustainedRate& best, const SustainedRate& rate) {
  const auto ratio = rate.capacity->over(*best.capacity);
  return ratio_text(ratio.median, ratio.interval);
}

bool is_of_the_model(const std::string& limit) { return limit != "generator" && limit != "peer"; }

std::string limit_sentence(const std::string& limit, const Rates& rates) {
  const bool one = rates.size() == 1;
  const std::string who = names_of(rates);
  if (limit == "overload") {
    return fmt::format("{} cannot keep up with more: the backlog grows{}.", who,
                       one ? "" : ", before an objective is missed");
  }
  if (limit == "errors") return fmt::format("Trials of {} fail above that.", who);
  if (!is_of_the_model(limit)) {
    return fmt::format("Above that the {} was the limit of {}, which says nothing about a model.", limit, who);
  }
  return fmt::format("{} {} {} first above that.", who, one ? "misses" : "miss", limit);
}

// In the order given.
std::vector<std::pair<std::string, Rates>> by_limit(const Rates& rates) {
  std::vector<std::pair<std::string, Rates>> groups;
  for (const SustainedRate* rate : rates) {
    if (rate->limit.empty()) continue;
    auto at = std::ranges::find(groups, rate->limit, &std::pair<std::string, Rates>::first);
    if (at == groups.end()) at = groups.insert(at, {rate->limit, {}});
    at->second.push_back(rate);
  }
  return groups;
}

std::string limits_text(const Rates& rates) {
  std::vector<std::string> texts;
  for (const auto& [limit, of_it] : by_limit(rates)) texts.push_back(limit_sentence(limit, of_it));
  return fmt::format("{}", fmt::join(texts, " "));
}

struct Order {
  Rates first;
  Rates behind;        // the best first
  Rates bounds_ahead;  // lower bounds that may lie above the best that was found
};

Order order_of(std::span<const SustainedRate> rates) {
  Order order;
  Rates found = that(rates, Told::found);
  std::ranges::stable_sort(found, [](const SustainedRate* a, const SustainedRate* b) {
    return a->capacity->median_per_s() > b->capacity->median_per_s();
  });
  for (const SustainedRate* rate : found) {
    const bool tied = rate == found.front() || rate->capacity->over(*found.front()->capacity).interval.high >= 1;
    (tied && order.behind.empty() ? order.first : order.behind).push_back(rate);
  }
  order.bounds_ahead = that(rates, Told::at_least);
  return order;
}

// A single bound above all that is known of the others leads, however far it goes.
const SustainedRate* leading_bound(const Order& order) {
  if (order.bounds_ahead.size() != 1) return nullptr;
  const SustainedRate* bound = order.bounds_ahead.front();
  const auto is_below = [&](const SustainedRate* rate) {
    return rate->capacity->interval_per_s().high < bound->lower_per_s;
  };
  const bool leads = std::ranges::all_of(order.first, is_below) && std::ranges::all_of(order.behind, is_below);
  return leads && !order.first.empty() ? bound : nullptr;
}

std::string behind_text(const SustainedRate& best, const Rates& behind) {
  if (behind.empty()) return "";
  std::vector<std::string> parts;
  for (const SustainedRate* rate : behind) {
    if (parts.size() == most_by_name) break;
    parts.push_back(fmt::format("{} {} {}", rate->label, parts.empty() ? "follows at" : "at", ratio_to(best, *rate)));
  }
  std::string text = fmt::format("; {}", fmt::join(parts, ", "));
  if (behind.size() > parts.size()) {
    const std::size_t others = behind.size() - parts.size();
    text += fmt::format("; the other {} reach {} or less", others,
                        human_factor(behind[parts.size()]->capacity->over(*best.capacity).median));
  }
  return text;
}

std::vector<Cost> costs_of(const Rates& rates) {
  std::vector<Cost> costs;
  for (const SustainedRate* rate : rates) costs.push_back(rate->cost);
  return costs;
}

void say_what_would_change(const Order& order, std::span<const SustainedRate> rates, const std::string& slo,
                           Advice& advice) {
  Rates overloaded;
  bool any_missed = false;
  for (const auto& [limit, of_it] : by_limit(order.first)) {
    if (limit == "overload") overloaded = of_it;
    if (limit.find('<') == std::string::npos) continue;
    any_missed = true;
    advice.would_change.push_back(
        fmt::format("A looser objective: {} stops {}, not the load as such.", limit, names_of(of_it)));
  }
  if (!any_missed && !overloaded.empty()) {
    advice.would_change.push_back(
        fmt::format("More CPUs or less work a task: {} would not be missed first with {}.", slo, names_of(overloaded)));
  }
  if (!order.bounds_ahead.empty()) {
    advice.would_change.push_back(fmt::format("A faster generator or peer, on other machines: {} {} not stopped here.",
                                              names_of(order.bounds_ahead),
                                              order.bounds_ahead.size() == 1 ? "was" : "were"));
  }
  Rates wide;
  for (const SustainedRate& rate : rates) {
    if (rate.told == Told::cannot_tell || (rate.told == Told::found && !rate.is_narrow)) wide.push_back(&rate);
  }
  if (!wide.empty()) {
    const std::string who = wide.size() > most_by_name ? fmt::format("{} models", wide.size()) : names_of(wide);
    advice.would_change.push_back(fmt::format("More --time: the {} of {} {} not as narrow as was asked for.",
                                              wide.size() == 1 ? "interval" : "intervals", who,
                                              wide.size() == 1 ? "is" : "are"));
  }
}

}  // namespace

Advice advice_on_capacity(std::span<const SustainedRate> rates, const std::string& slo) {
  Advice advice;
  Order order = order_of(rates);
  const Rates none = that(rates, Told::none_passes);
  if (const SustainedRate* bound = leading_bound(order)) {
    advice.decided = true;
    advice.chosen.push_back(bound->label);
    advice.choose =
        fmt::format("{}, if the objective is {}: it goes farther than could be measured.", bound->label, slo);
    advice.by_how_much = fmt::format("{} sustains {}; {} comes next with {}.", bound->label, capacity_text(*bound),
                                     order.first.front()->label, capacity_text(*order.first.front()));
    advice.costs = costs_text(std::vector<Cost>{bound->cost}, costs_of(order.first));
  } else if (!order.bounds_ahead.empty()) {
    advice.choose = fmt::format("Cannot be told: {} could not be loaded up to {} limit.", names_of(order.bounds_ahead),
                                order.bounds_ahead.size() == 1 ? "its" : "their");
    std::vector<std::string> texts;
    for (const Rates* some : {&order.bounds_ahead, &order.first}) {
      for (const SustainedRate* rate : *some)
        texts.push_back(fmt::format("{} sustains {}", rate->label, capacity_text(*rate)));
    }
    advice.by_how_much = fmt::format("{}.", fmt::join(texts, "; "));
  } else if (order.first.empty()) {
    const bool all_none = none.size() == rates.size() - that(rates, Told::failed).size() && !none.empty();
    advice.choose = all_none ? fmt::format("None: no model keeps {} at any rate that was tried.", slo)
                             : std::string("Cannot be told: no capacity was found in the time.");
  } else {
    const SustainedRate& best = *order.first.front();
    const bool alone = order.first.size() + order.behind.size() == 1;
    advice.decided = !alone;
    if (advice.decided) {
      for (const SustainedRate* rate : order.first) advice.chosen.push_back(rate->label);
    }
    if (alone) {
      advice.choose = rates.size() == 1 ? fmt::format("Nothing to choose from: {} alone was measured.", best.label)
                                        : fmt::format("Cannot be told: a capacity was found for {} alone.", best.label);
    } else if (order.first.size() == 1) {
      advice.choose = fmt::format("{}: it sustains the highest rate under {}.", best.label, slo);
    } else {
      advice.choose = fmt::format("Any of {}: they sustain the highest rates under {}, and are not told apart.",
                                  names_of(order.first), slo);
      if (const auto cpu = least_of(costs_of(order.first), &Cost::cpus_us)) {
        advice.choose += fmt::format(" {} takes the least CPU of them.", cpu->label);
      }
    }
    std::vector<std::string> firsts;
    for (const SustainedRate* rate : order.first)
      firsts.push_back(fmt::format("{} {}", rate->label, capacity_text(*rate)));
    advice.by_how_much = fmt::format("{}{}.", fmt::join(firsts, ", "), behind_text(best, order.behind));
    advice.costs = costs_text(costs_of(order.first), costs_of(order.behind));
  }
  double others = 0;
  std::string_view took = "other programs used";
  for (const SustainedRate& rate : rates) {
    if (rate.foreign_cpu_share <= others) continue;
    others = rate.foreign_cpu_share;
    took = rate.steal_share > others / 2 ? "the hypervisor took" : "other programs used";
  }
  if (others >= much && advice.decided) {
    advice.decided = false;
    advice.choose = fmt::format("Cannot be told: {} {} farthest as measured, but {} up to {:.1f} CPUs meanwhile.",
                                human_list(advice.chosen), advice.chosen.size() == 1 ? "goes" : "go", took, others);
    advice.chosen.clear();
  }
  if (others >= much) {
    advice.would_change.push_back(
        fmt::format("A quiet machine: {} up to {} of a CPU meanwhile.", took, percent_in_words(others)));
  }
  Rates stopped = order.bounds_ahead;
  std::ranges::copy(order.first, std::back_inserter(stopped));
  if (!order.behind.empty()) stopped.push_back(order.behind.front());
  if (stopped.empty()) stopped = none;
  advice.why = limits_text(stopped);
  say_what_would_change(order, rates, slo, advice);
  return advice;
}

std::string head_room(std::span<const SustainedRate> rates, double rate_per_s) {
  std::vector<std::string> texts;
  for (const SustainedRate& rate : rates) {
    if (rate.told == Told::found) {
      texts.push_back(fmt::format("{} up to {}, {} the rate", rate.label, capacity_text(rate),
                                  human_factor(rate.capacity->median_per_s() / rate_per_s)));
    } else if (rate.told == Told::at_least && rate.lower_per_s > rate_per_s) {
      texts.push_back(fmt::format("{} {}", rate.label, capacity_text(rate)));
    }
  }
  return texts.empty() ? "" : fmt::format("More load: {}.", fmt::join(texts, "; "));
}

}  // namespace cbench
