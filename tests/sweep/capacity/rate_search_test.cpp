// The search for a capacity, on servers whose capacity is known.
#include "sweep/capacity/rate_search.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace cbench {
namespace {

using Trials = std::vector<RateTrial>;
// What a trial says of every goal.
using Server = std::function<std::vector<Vote>(const AskedTrial&)>;

constexpr double set_up_s = 0.3;

RateSearch search_of(std::vector<RateGoal> goals = {{}}) {
  return {.goals = std::move(goals), .guess_per_s = 4000, .least_per_s = 60, .most_per_s = 60'000};
}

Server with_capacity(double capacity) {
  return
      [=](const AskedTrial& trial) { return std::vector{trial.rate_per_s <= capacity ? Vote::passes : Vote::fails}; };
}

Trials searched(const RateSearch& search, const Server& server) {
  Trials trials;
  while (const auto asked = next_trial(search, trials)) {
    trials.push_back({asked->rate_per_s, asked->window_s, asked->window_s + set_up_s, true, server(*asked)});
  }
  return trials;
}

double time_of(const Trials& trials) {
  double sum = 0;
  for (const RateTrial& trial : trials) sum += trial.took_s;
  return sum;
}

std::size_t trials_at(const Trials& trials, double rate, double window_s) {
  return static_cast<std::size_t>(std::ranges::count_if(
      trials, [&](const RateTrial& trial) { return trial.rate_per_s == rate && trial.window_s >= window_s; }));
}

TEST(RateSearch, finds_a_planted_capacity_far_below_and_far_above_its_guess) {
  for (const double capacity : {70.0, 801.0, 3199.0, 3980.0, 4100.0, 9000.0, 41'000.0}) {
    const RateSearch search = search_of();
    const Trials trials = searched(search, with_capacity(capacity));
    const RateAnswer answer = answer_of(search, 0, trials);
    ASSERT_EQ(answer.known, Known::found) << capacity;
    EXPECT_TRUE(answer.is_narrow) << capacity;
    EXPECT_NEAR(answer.capacity->median_per_s() / capacity, 1, 0.011) << capacity;
    EXPECT_LE(*answer.lower_per_s, capacity);
    EXPECT_GT(*answer.upper_per_s, capacity);
    EXPECT_LT(trials.size(), 40U) << capacity;
  }
}

TEST(RateSearch, begins_at_a_low_rate_with_a_short_trial) {
  const auto first = next_trial(search_of(), {});
  ASSERT_TRUE(first);
  EXPECT_LE(first->rate_per_s, 1000);
  EXPECT_LT(first->window_s, search_of().trial_s);
}

TEST(RateSearch, asks_for_no_trial_that_could_not_change_the_verdict) {
  RateSearch search = search_of();
  search.trials = 5;
  const Trials trials = searched(search, with_capacity(3000));
  const RateAnswer answer = answer_of(search, 0, trials);
  EXPECT_GE(trials_at(trials, *answer.lower_per_s, 1), 3U) << "three of five decide";
  std::size_t bisecting = 0;
  for (const RateVotes& vote : answer.votes) bisecting += vote.passes + vote.fails <= 3 ? 1 : 0;
  EXPECT_GE(bisecting, answer.votes.size() - 2) << "but no rate far from the capacity gets five";
}

TEST(RateSearch, says_that_no_rate_passes_after_few_trials) {
  const RateSearch search = search_of();
  const Trials trials = searched(search, with_capacity(0));
  EXPECT_EQ(answer_of(search, 0, trials).known, Known::none_passes);
  EXPECT_LT(trials.size(), 10U);
  EXPECT_TRUE(std::ranges::none_of(trials, [](const RateTrial& trial) { return trial.rate_per_s > 1000; }));
}

TEST(RateSearch, says_at_least_where_the_highest_rate_passes) {
  const RateSearch search = search_of();
  const RateAnswer answer = answer_of(search, 0, searched(search, with_capacity(1e9)));
  EXPECT_EQ(answer.known, Known::at_least);
  EXPECT_EQ(answer.lower_per_s, 60'000);
  EXPECT_FALSE(answer.capacity);
}

TEST(RateSearch, says_at_least_where_the_generator_is_the_limit) {
  const RateSearch search = search_of();
  Trials trials;
  while (const auto asked = next_trial(search, trials)) {
    const bool measured = asked->rate_per_s < 3000;
    trials.push_back({asked->rate_per_s,
                      asked->window_s,
                      asked->window_s + set_up_s,
                      measured,
                      {measured ? Vote::passes : Vote::none}});
  }
  const RateAnswer answer = answer_of(search, 0, trials);
  EXPECT_EQ(answer.known, Known::at_least);
  EXPECT_TRUE(answer.upper_is_unmeasured);
  EXPECT_NEAR(*answer.lower_per_s / 3000, 1, 0.03);
  EXPECT_LT(trials.size(), 40U);
}

TEST(RateSearch, takes_one_invalid_trial_for_an_accident) {
  const RateSearch search = search_of();
  Trials trials;
  while (const auto asked = next_trial(search, trials)) {
    const bool measured = trials.size() % 5 != 2;
    const Vote vote = asked->rate_per_s <= 3000 ? Vote::passes : Vote::fails;
    trials.push_back(
        {asked->rate_per_s, asked->window_s, asked->window_s + set_up_s, measured, {measured ? vote : Vote::none}});
  }
  const RateAnswer answer = answer_of(search, 0, trials);
  ASSERT_EQ(answer.known, Known::found);
  EXPECT_NEAR(answer.capacity->median_per_s() / 3000, 1, 0.011);
}

TEST(RateSearch, overturns_a_bound_that_a_disturbed_trial_set) {
  for (const std::size_t disturbed : {0U, 1U, 2U, 3U, 4U}) {
    std::size_t trial = 0;
    const RateSearch search = search_of();
    const Trials trials = searched(search, [&](const AskedTrial& asked) {
      return std::vector{trial++ != disturbed && asked.rate_per_s <= 3000 ? Vote::passes : Vote::fails};
    });
    const RateAnswer answer = answer_of(search, 0, trials);
    ASSERT_EQ(answer.known, Known::found) << disturbed;
    EXPECT_NEAR(answer.capacity->median_per_s() / 3000, 1, 0.02) << disturbed;
  }
}

TEST(RateSearch, lets_the_majority_of_trials_decide) {
  const RateSearch search = search_of();
  std::map<double, int> trials_of;
  const Trials trials = searched(search, [&](const AskedTrial& asked) {
    const bool disturbed = trials_of[asked.rate_per_s]++ % 3 == 1;
    return std::vector{asked.rate_per_s <= 3000 && !disturbed ? Vote::passes : Vote::fails};
  });
  const RateAnswer answer = answer_of(search, 0, trials);
  ASSERT_TRUE(answer.lower_per_s);
  EXPECT_GT(*answer.lower_per_s, 2850);
  EXPECT_NEAR(*answer.upper_per_s / 3000, 1, 0.05);
}

TEST(RateSearch, gives_short_trials_no_vote_on_a_rare_percentile) {
  RateSearch search = search_of({{.least_tasks = 1000}, {.least_tasks = 10'000}});
  search.time_s = 120;
  const Trials trials = searched(search, [&](const AskedTrial& asked) {
    std::vector<Vote> votes;
    for (std::size_t i = 0; i < 2; ++i) {
      const bool known = asked.rate_per_s * asked.window_s >= search.goals[i].least_tasks;
      EXPECT_TRUE(known || i != asked.goal) << "who asks for a trial can judge it";
      votes.push_back(!known ? Vote::none : asked.rate_per_s <= (i == 0 ? 3000 : 2500) ? Vote::passes : Vote::fails);
    }
    return votes;
  });
  for (const std::size_t goal : {0U, 1U}) {
    const RateAnswer answer = answer_of(search, goal, trials);
    ASSERT_EQ(answer.known, Known::found) << goal;
    EXPECT_NEAR(answer.capacity->median_per_s() / (goal == 0 ? 3000 : 2500), 1, 0.02) << goal;
  }
}

TEST(RateSearch, shares_trials_between_goals) {
  const Trials alone = searched(search_of(), with_capacity(3000));
  const Trials both = searched(search_of({{}, {}}), [](const AskedTrial& asked) {
    return std::vector{asked.rate_per_s <= 3000 ? Vote::passes : Vote::fails,
                       asked.rate_per_s <= 2900 ? Vote::passes : Vote::fails};
  });
  EXPECT_LT(both.size(), 2 * alone.size() - 4);
}

TEST(RateSearch, ends_within_its_time) {
  for (const double time_s : {1.0, 5.0, 20.0}) {
    RateSearch search = search_of();
    search.time_s = time_s;
    Random random(1);
    const Trials trials = searched(search, [&](const AskedTrial& asked) {
      return std::vector{asked.rate_per_s <= 3000 * std::exp(0.2 * random.normal()) ? Vote::passes : Vote::fails};
    });
    EXPECT_LE(time_of(trials), time_s) << time_s;
    EXPECT_GE(time_of(trials), time_s - 2) << time_s << " and uses it";
  }
}

TEST(RateSearch, cannot_tell_in_too_little_time) {
  RateSearch search = search_of();
  search.time_s = 3;
  EXPECT_EQ(answer_of(search, 0, searched(search, with_capacity(3000))).known, Known::cannot_tell);
}

TEST(RateSearch, is_not_sure_where_trials_pass_and_fail_at_any_rate) {
  const RateSearch search = search_of();
  Random random(1);
  std::vector<double> widths;
  for (int i = 0; i < 20; ++i) {
    const RateAnswer answer = answer_of(search, 0, searched(search, [&](const AskedTrial&) {
                                          return std::vector{random.index(2) == 0 ? Vote::passes : Vote::fails};
                                        }));
    widths.push_back(answer.known == Known::found ? answer.capacity->width() : 1);
  }
  EXPECT_GT(quantile_of(widths, 0.1), 0.05) << "an answer, if any, is a vague one";
}

TEST(RateSearch, says_so_where_the_capacity_is_too_low_for_the_percentile) {
  RateSearch search = search_of({{.least_tasks = 10'000}});
  search.guess_per_s = 200;
  const Trials trials = searched(search, [](const AskedTrial& asked) {
    return std::vector{asked.rate_per_s > 100                        ? Vote::fails
                       : asked.rate_per_s * asked.window_s >= 10'000 ? Vote::passes
                                                                     : Vote::none};
  });
  const RateAnswer answer = answer_of(search, 0, trials);
  EXPECT_EQ(answer.known, Known::cannot_tell);
  EXPECT_TRUE(answer.too_slow_to_judge);
}

TEST(RateSearch, sees_in_a_short_trial_that_an_objective_is_never_met) {
  RateSearch search = search_of({{.least_tasks = 10'000}});
  search.guess_per_s = 200;
  const Trials trials = searched(search, with_capacity(0));
  EXPECT_EQ(answer_of(search, 0, trials).known, Known::none_passes);
  EXPECT_LE(trials.size(), 3U);
}

TEST(RateSearch, tries_a_rate_again_at_which_the_generator_found_no_cpu) {
  const RateSearch search = search_of();
  Trials trials;
  double time_s = 0;
  while (const auto asked = next_trial(search, trials)) {
    const bool measured = time_s > 10 || asked->rate_per_s < 1500;  // something else has the CPUs for 10 s
    const Vote vote = asked->rate_per_s <= 3000 ? Vote::passes : Vote::fails;
    trials.push_back(
        {asked->rate_per_s, asked->window_s, asked->window_s + set_up_s, measured, {measured ? vote : Vote::none}});
    time_s += trials.back().took_s;
  }
  const RateAnswer answer = answer_of(search, 0, trials);
  ASSERT_EQ(answer.known, Known::found);
  EXPECT_NEAR(answer.capacity->median_per_s() / 3000, 1, 0.03);
}

// Up to 5 % above what it serves, trials of this server pass.
Trials searched_beyond_what_is_served(const RateSearch& search, double served) {
  Trials trials = searched(search, with_capacity(1.05 * served));
  for (RateTrial& trial : trials) trial.served_per_s = std::min(trial.rate_per_s, served);
  return trials;
}

TEST(RateSearch, claims_no_more_than_was_served) {
  const RateSearch search = search_of();
  const RateAnswer answer = answer_of(search, 0, searched_beyond_what_is_served(search, 3200));
  ASSERT_EQ(answer.known, Known::found);
  EXPECT_NEAR(answer.capacity->median_per_s(), 3200, 2);
  EXPECT_LT(answer.capacity->interval_per_s().low, 3200);
  EXPECT_GT(answer.capacity->interval_per_s().high, 3350) << "up to what passes, nothing tells";
  ASSERT_TRUE(answer.passes_unserved_per_s);
  EXPECT_NEAR(*answer.passes_unserved_per_s, 3360, 34);
  EXPECT_FALSE(answer.is_narrow);
}

TEST(RateSearch, claims_no_more_than_was_served_where_the_capacity_is_beyond_what_could_be_asked) {
  const RateSearch search = search_of();
  Trials trials = searched(search, with_capacity(1e9));
  for (RateTrial& trial : trials) trial.served_per_s = 0.98 * trial.rate_per_s;
  const RateAnswer answer = answer_of(search, 0, trials);
  ASSERT_EQ(answer.known, Known::at_least);
  EXPECT_NEAR(*answer.lower_per_s, 0.98 * 60'000, 1);
  EXPECT_EQ(answer.passing_per_s, 60'000);
}

TEST(RateSearch, leaves_a_capacity_where_it_is_that_an_objective_bounds) {
  const RateSearch search = search_of();
  Trials trials = searched(search, with_capacity(3200));
  for (RateTrial& trial : trials) trial.served_per_s = trial.rate_per_s;
  const RateAnswer answer = answer_of(search, 0, trials);
  ASSERT_EQ(answer.known, Known::found);
  EXPECT_FALSE(answer.passes_unserved_per_s);
  EXPECT_NEAR(answer.capacity->median_per_s(), 3200, 35);
  // One that served far less, because something had stopped it, lowers nothing.
  for (RateTrial& trial : trials) {
    if (trial.rate_per_s < answer.capacity->median_per_s()) continue;
    trial.served_per_s /= 2;
    break;
  }
  EXPECT_FALSE(answer_of(search, 0, trials).passes_unserved_per_s);
  // Nor do those above it that served less because they were overloaded: the highest that pass did serve their rate.
  for (RateTrial& trial : trials) {
    if (trial.rate_per_s > *answer.lower_per_s) trial.served_per_s = 3000;
  }
  EXPECT_FALSE(answer_of(search, 0, trials).passes_unserved_per_s);
}

TEST(RateSearch, is_content_sooner_where_less_is_asked) {
  EXPECT_LT(time_of(searched(search_of({{.width = 0.1}}), with_capacity(3000))),
            0.8 * time_of(searched(search_of(), with_capacity(3000))));
}

TEST(RateSearch, has_intervals_that_hold_the_truth_of_noisy_servers) {
  Random random(7);
  constexpr int searches = 200;
  int held = 0;
  for (int i = 0; i < searches; ++i) {
    const double capacity = 2000 + static_cast<double>(random.index(2000));
    const RateSearch search = search_of();
    const Trials trials = searched(search, [&](const AskedTrial& asked) {
      return std::vector{asked.rate_per_s <= capacity * std::exp(0.03 * random.normal()) ? Vote::passes : Vote::fails};
    });
    const RateAnswer answer = answer_of(search, 0, trials);
    held += answer.known == Known::found && answer.capacity->interval_per_s().contains(capacity);
  }
  EXPECT_GT(held, searches * 0.88);
  EXPECT_LT(held, searches);
}

}  // namespace
}  // namespace cbench
