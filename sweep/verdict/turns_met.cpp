#include "sweep/verdict/turns_met.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "workloads/turns.hpp"

namespace cbench {

TurnSums::TurnSums(const std::vector<std::uint64_t>& of_turns) : turns_(of_turns.size()), before_(2 * turns_ + 1) {
  for (std::size_t i = 0; i < 2 * turns_; ++i) before_[i + 1] = before_[i] + of_turns[i % turns_];
  double least = 0;
  double most = 0;
  for (std::size_t i = 0; i < turns_; ++i) {
    const double apart = static_cast<double>(before_[i]) - mean() * static_cast<double>(i);
    least = std::min(least, apart);
    most = std::max(most, apart);
  }
  unevenness_ = most - least;
}

double TurnSums::sum_of_first(std::uint64_t turns) const {
  return static_cast<double>(before_[turns_]) * std::floor(static_cast<double>(turns) / static_cast<double>(turns_)) +
         static_cast<double>(before_[turns % turns_]);
}

std::uint64_t TurnSums::reach(std::uint64_t first, std::uint64_t most) const {
  const std::uint64_t whole = before_[turns_];
  if (whole == 0) return unlimited;
  const auto from = before_.begin() + static_cast<std::ptrdiff_t>(first % turns_);
  const auto beyond = std::upper_bound(from, before_.end(), *from + most % whole);
  return most / whole * turns_ + static_cast<std::uint64_t>(beyond - from) - 1;
}

std::uint64_t TurnSums::longest_reach(std::uint64_t most) const {
  std::uint64_t longest = 0;
  for (std::size_t first = 0; first < turns_; ++first) longest = std::max(longest, reach(first, most));
  return longest;
}

std::vector<std::uint64_t> waits_of_turns(const Work& work) {
  return by_turn(work, [&](std::size_t script) {
    return std::min(static_cast<std::uint64_t>(waiting_of(work.script(script)).count()), HistogramLayout::highest);
  });
}

TurnCounts turns_between(std::size_t turns, std::uint64_t first, std::uint64_t last) {
  const std::uint64_t count = last > first ? last - first : 0;
  TurnCounts counts(turns, count / turns);
  for (std::uint64_t i = 0; i < count % turns; ++i) ++counts[(first + i) % turns];
  return counts;
}

TurnCounts turns_of_slots(const Work& work, const TurnSums& waits, std::uint64_t slots, std::uint64_t time_ns) {
  const std::size_t turns = work.turns();
  std::uint64_t rounds = 0;
  std::vector<std::uint64_t> begin(2 * turns + 1);
  std::vector<std::uint64_t> end(2 * turns + 1);
  for (std::uint64_t slot = 0; slot < slots; ++slot) {
    const std::uint64_t first = work.first_turn(slot, slots) % turns;
    const std::uint64_t count = waits.reach(first, time_ns);
    rounds += count / turns;
    ++begin[first];
    ++end[first + count % turns];
  }
  TurnCounts counts(turns, rounds);
  std::uint64_t under_way = 0;
  for (std::size_t i = 0; i < 2 * turns; ++i) {
    under_way += begin[i] - end[i];
    counts[i % turns] += under_way;
  }
  return counts;
}

TooMany too_many_short(const Histogram& told, std::span<const std::uint64_t> waits, const TurnCounts& counts,
                       double error) {
  std::map<std::uint64_t, std::uint64_t> possible;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (counts[i] > 0) possible[waits[i]] += counts[i];
  }
  TooMany found{.shortest_ns = possible.empty() ? 0 : possible.begin()->first};
  auto next = possible.begin();
  std::uint64_t so_far = 0;
  for (const auto& [index, times] : told.counts()) {
    so_far += times;
    found.within_ns = HistogramLayout::highest_at(index);
    for (; next != possible.end() &&
           static_cast<double>(next->first) * (1 - error) <= static_cast<double>(found.within_ns);
         ++next) {
      found.possible += next->second;
    }
    if (so_far > found.possible) {
      found.told = so_far;
      return found;
    }
  }
  return found;
}

}  // namespace cbench
