// The order of a sweep: random, but in rounds, repeatable, and with the baseline's demands known first.
#include "sweep/plan/order.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace cbench {
namespace {

std::vector<TrialSpec> cells() {
  std::vector<TrialSpec> list;
  for (const char* model : {"pool", "threads", "fibers", "sequential"}) {
    for (const std::uint32_t workers : {1U, 2U, 4U})
      list.push_back({.model = model,
                      .workload = "cpu",
                      .workers = workers,
                      .is_baseline = std::string_view(model) == "sequential"});
  }
  return list;
}

using Key = std::pair<std::string, std::uint32_t>;
Key key_of(const TrialSpec& trial) { return {trial.model, trial.workers}; }

std::vector<Key> keys_of(const std::vector<TrialSpec>& trials) {
  std::vector<Key> keys;
  for (const TrialSpec& trial : trials) keys.push_back(key_of(trial));
  return keys;
}

TEST(sweep_order, every_round_holds_every_cell_once) {
  const auto trials = order_trials(cells(), 5, 1);
  ASSERT_EQ(trials.size(), 5 * cells().size());
  for (std::size_t round = 0; round < 5; ++round) {
    std::set<Key> seen;
    for (std::size_t i = 0; i < cells().size(); ++i) {
      const TrialSpec& trial = trials[round * cells().size() + i];
      EXPECT_EQ(trial.repetition, round + 1);
      EXPECT_TRUE(seen.insert(key_of(trial)).second) << trial.model;
    }
  }
}

TEST(sweep_order, the_first_round_begins_with_the_baseline) {
  const auto trials = order_trials(cells(), 2, 1);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(trials[i].model, "sequential");
}

TEST(sweep_order, the_seed_alone_decides_the_order) {
  const auto keys = keys_of(order_trials(cells(), 5, 1));
  EXPECT_EQ(keys, keys_of(order_trials(cells(), 5, 1)));
  EXPECT_NE(keys, keys_of(order_trials(cells(), 5, 2)));
}

TEST(sweep_order, rounds_differ_from_one_another) {
  const auto keys = keys_of(order_trials(cells(), 4, 7));
  const auto size = static_cast<std::ptrdiff_t>(cells().size());
  const std::vector<Key> second(keys.begin() + size, keys.begin() + 2 * size);
  const std::vector<Key> third(keys.begin() + 2 * size, keys.begin() + 3 * size);
  EXPECT_NE(second, third);
}

TEST(sweep_order, each_repetition_has_the_next_seed) {
  for (const TrialSpec& trial : order_trials(cells(), 3, 40)) EXPECT_EQ(trial.seed, 39 + trial.repetition);
}

TEST(sweep_order, one_more_round_is_shuffled_and_counts_on) {
  const auto round = order_round(cells(), 7, 40);
  ASSERT_EQ(round.size(), cells().size());
  std::set<Key> seen;
  for (const TrialSpec& trial : round) {
    EXPECT_TRUE(seen.insert(key_of(trial)).second);
    EXPECT_EQ(trial.repetition, 7U);
    EXPECT_EQ(trial.seed, 46U);
  }
  EXPECT_NE(keys_of(round), keys_of(order_round(cells(), 8, 40)));
}

}  // namespace
}  // namespace cbench
