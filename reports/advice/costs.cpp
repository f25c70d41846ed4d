#include "reports/advice/costs.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reports/findings/verdict.hpp"
#include "reports/stats/difference.hpp"
#include "text/human.hpp"

namespace cbench {
namespace {

constexpr std::size_t most_by_name = 3;
constexpr double worth_mention = 1.1;

bool is_known(const std::vector<double>& values) {
  return !values.empty() && std::ranges::all_of(values, [](double value) { return value > 0; });
}

std::vector<const Cost*> that_know(std::span<const Cost> costs, std::vector<double> Cost::*values) {
  std::vector<const Cost*> known;
  for (const Cost& cost : costs) {
    if (is_known(cost.*values)) known.push_back(&cost);
  }
  return known;
}

// "fibers takes 6.90us of CPU a task and 84kB of memory for each in flight"; empty where neither is known.
std::string amounts(const Cost& cost) {
  std::vector<std::string> parts;
  if (is_known(cost.cpus_us)) parts.push_back(fmt::format("{} of CPU a task", human_us(mean_of(cost.cpus_us))));
  if (is_known(cost.bytes)) {
    parts.push_back(fmt::format("{} of memory for each in flight", human_bytes(mean_of(cost.bytes))));
  }
  return parts.empty() ? "" : fmt::format("{} takes {}", cost.label, fmt::join(parts, " and "));
}

template <class Show>
std::string span_of(const std::vector<const Cost*>& costs, std::vector<double> Cost::*values, Show show) {
  std::vector<double> means;
  for (const Cost* cost : costs) means.push_back(mean_of(cost->*values));
  const auto [least, most] = std::ranges::minmax(means);
  const std::string low = show(least);
  const std::string high = show(most);
  return low == high ? low : fmt::format("{} to {}", low, high);
}

std::string amounts_of_many(std::span<const Cost> costs) {
  std::vector<std::string> parts;
  const auto cpu = that_know(costs, &Cost::cpus_us);
  const auto memory = that_know(costs, &Cost::bytes);
  if (cpu.size() == costs.size()) {
    parts.push_back(fmt::format("{} of CPU a task", span_of(cpu, &Cost::cpus_us, human_us)));
  }
  if (memory.size() == costs.size()) {
    parts.push_back(fmt::format("{} of memory for each in flight", span_of(memory, &Cost::bytes, human_bytes)));
  }
  return parts.empty() ? "" : fmt::format("They take {}", fmt::join(parts, " and "));
}

std::string least_text(const std::optional<Least>& least, std::string_view what) {
  if (!least) return "";
  return fmt::format(" Of these {} takes the least {}; the next, {}, takes {} as much.", least->label, what,
                     least->next, ratio_text(least->place.of_best, least->place.of_best_interval));
}

// The one of all that takes least CPU, where it is none of the advised, and these take surely more.
std::string cheaper_text(std::span<const Cost> advised, std::span<const Cost> others) {
  std::vector<Cost> all(advised.begin(), advised.end());
  std::ranges::copy(others, std::back_inserter(all));
  std::erase_if(all,
                [](const Cost& cost) { return cost.cpus_us.size() < fewest_to_decide || !is_known(cost.cpus_us); });
  if (all.size() < 2) return "";
  std::vector<std::vector<double>> values;
  for (const Cost& cost : all) values.push_back(cost.cpus_us);
  const auto places = tiers_of(values, false);
  const Cost* least = nullptr;
  const TierPlace* nearest = nullptr;  // of the advised
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (places[i].tier == 1 && places[i].of_best == 1) least = &all[i];
    const bool is_advised = std::ranges::any_of(advised, [&](const Cost& cost) { return cost.label == all[i].label; });
    if (is_advised && (nearest == nullptr || places[i].of_best < nearest->of_best)) nearest = &places[i];
  }
  if (least == nullptr || nearest == nullptr || nearest->tier == 1 || !nearest->sure || !nearest->is_close) return "";
  if (nearest->of_best_interval.low < worth_mention) return "";
  return fmt::format(" {} would take less CPU: {} takes {} as much.", least->label,
                     advised.size() == 1 ? advised.front().label : "the cheapest of these",
                     ratio_text(nearest->of_best, nearest->of_best_interval));
}

}  // namespace

Cost cost_of(const Cell& cell) {
  return {.label = cell.label(), .cpus_us = cell.cpus_per_task_us, .bytes = cell.bytes_per_tasks};
}

std::optional<Least> least_of(std::span<const Cost> costs, std::vector<double> Cost::*values) {
  auto known = that_know(costs, values);
  std::erase_if(known, [&](const Cost* cost) { return (cost->*values).size() < fewest_to_decide; });
  if (known.size() < 2 || known.size() < costs.size()) return std::nullopt;
  std::ranges::stable_sort(known, {}, [&](const Cost* cost) { return mean_of(cost->*values); });
  std::vector<std::vector<double>> all;
  for (const Cost* cost : known) all.push_back(cost->*values);
  const auto places = tiers_of(all, false);
  const TierPlace& next = places[1];
  if (next.tier == 1 || !next.sure || !next.is_close) return std::nullopt;
  return Least{.label = known[0]->label, .next = known[1]->label, .place = next};
}

std::string costs_text(std::span<const Cost> advised, std::span<const Cost> others) {
  std::string text;
  if (advised.size() > most_by_name) {
    text = amounts_of_many(advised);
  } else {
    std::vector<std::string> parts;
    for (const Cost& cost : advised) {
      if (std::string part = amounts(cost); !part.empty()) parts.push_back(std::move(part));
    }
    text = fmt::format("{}", fmt::join(parts, "; "));
  }
  if (text.empty()) return "";
  text += ".";
  text += least_text(least_of(advised, &Cost::cpus_us), "CPU");
  text += least_text(least_of(advised, &Cost::bytes), "memory");
  return text + cheaper_text(advised, others);
}

}  // namespace cbench
