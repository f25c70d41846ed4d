#include "workloads/task_kinds.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "text/quantity.hpp"

namespace cbench {
namespace {

constexpr std::size_t part_turns = 100;  // of each part of an order, or a few more

}  // namespace

std::vector<std::size_t> turns_of(const std::vector<std::uint32_t>& weights, std::size_t least) {
  std::uint64_t divisor = 0;
  for (const std::uint32_t weight : weights) divisor = std::gcd(divisor, std::uint64_t{weight});
  if (divisor == 0) throw UsageError("a workload needs at least one kind of task with a weight above 0");
  std::uint64_t round = 0;
  for (const std::uint32_t weight : weights) round += weight / divisor;
  if (round > most_weight) {
    throw UsageError(
        fmt::format("the weights are {} together, which is more than {}: give smaller ones", round, most_weight));
  }
  const std::uint64_t rounds = std::max<std::uint64_t>(1, (least + round - 1) / round);
  std::vector<std::size_t> turns;
  for (const std::uint32_t weight : weights) turns.push_back(weight / divisor * rounds);
  return turns;
}

Work work_of(const std::vector<TaskKind>& kinds, std::uint64_t seed, std::size_t least) {
  std::vector<std::uint32_t> weights;
  std::vector<Steps> scripts;
  std::vector<std::string> classes;
  for (const TaskKind& kind : kinds) {
    weights.push_back(kind.weight);
    scripts.insert(scripts.end(), kind.scripts.begin(), kind.scripts.end());
    classes.resize(scripts.size(), kind.name);
  }
  if (scripts.size() == 1) return Work(std::move(scripts), std::move(classes), {0});

  // As many turns as the kind with the most scripts needs to run each of them.
  for (const TaskKind& kind : kinds) {
    const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
    least = std::max<std::size_t>(least, (kind.scripts.size() * sum + kind.weight - 1) / kind.weight);
  }
  // Fixed work, arrivals and a slot that is alone take one turn after the other, and a short trial not many: shares are
  // exact in each part of the order, not in the whole alone, or it might meet no task of a rare kind, or a dozen.
  const std::vector<std::size_t> part = turns_of(weights, part_turns);
  std::vector<std::size_t> turn(kinds.size());  // the next of each kind
  std::vector<std::uint32_t> order;
  while (order.size() < least) {
    std::vector<std::uint32_t> mixed;
    std::uint32_t first = 0;
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      const std::size_t count = kinds[k].scripts.size();
      for (std::size_t i = 0; i < part[k]; ++i) {
        mixed.push_back(first + static_cast<std::uint32_t>(turn[k]++ % count));
      }
      first += static_cast<std::uint32_t>(count);
    }
    mix_up(mixed, mix64(seed) + order.size());
    order.insert(order.end(), mixed.begin(), mixed.end());
  }
  return Work(std::move(scripts), std::move(classes), order);
}

}  // namespace cbench
