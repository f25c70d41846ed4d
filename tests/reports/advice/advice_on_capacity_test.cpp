// Advice on capacities: who goes farthest, and where bounds and intervals leave it open.
#include "reports/advice/advice_on_capacity.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Told = SustainedRate::Told;

// As sure as trials a per cent above and below make it.
SustainedRate found(const std::string& label, double per_s, const std::string& limit = "overload") {
  std::vector<RateVotes> votes;
  for (const double percent : {-4.0, -2.0, -1.0, 1.0, 2.0, 4.0}) {
    votes.push_back(
        {.rate_per_s = per_s * (1 + percent / 100), .passes = percent < 0 ? 8U : 0U, .fails = percent > 0 ? 8U : 0U});
  }
  return {.label = label,
          .told = Told::found,
          .capacity = capacity_of(votes),
          .lower_per_s = per_s * 0.99,
          .limit = limit,
          .is_narrow = true,
          .cost = {.label = label, .cpus_us = {10, 10.1, 9.9}, .bytes = {}}};
}
SustainedRate at_least(const std::string& label, double per_s) {
  return {.label = label, .told = Told::at_least, .lower_per_s = per_s, .limit = "peer", .cost = {.label = label}};
}

Advice advice_of(const std::vector<SustainedRate>& rates) { return advice_on_capacity(rates, "p99<40ms"); }

std::string changes(const std::vector<SustainedRate>& rates) {
  std::string text;
  for (const std::string& one : advice_of(rates).would_change) text += one + "\n";
  return text;
}

TEST(AdviceOnCapacity, names_who_goes_farthest_with_intervals) {
  const Advice advice = advice_of({found("threads", 8'000), found("fibers", 10'000, "p99<40ms"), found("pool", 100)});
  EXPECT_TRUE(advice.decided);
  EXPECT_EQ(advice.chosen, std::vector<std::string>{"fibers"});
  EXPECT_EQ(advice.choose, "fibers: it sustains the highest rate under p99<40ms.");
  EXPECT_TRUE(begins(advice.by_how_much, "fibers 10.0k/s [")) << advice.by_how_much;
  EXPECT_TRUE(has(advice.by_how_much, "threads follows at 0.80x"));
  EXPECT_TRUE(has(advice.why, "fibers misses p99<40ms first above that."));
  EXPECT_TRUE(has(advice.why, "threads cannot keep up with more"));
}

TEST(AdviceOnCapacity, ties_what_the_intervals_do_not_tell_apart) {
  const Advice advice = advice_of({found("threads", 9'990), found("fibers", 10'000)});
  EXPECT_TRUE(begins(advice.choose, "Any of fibers and threads: they sustain the highest rates"));
  EXPECT_FALSE(has(advice.choose, "least CPU")) << "their costs are alike";
}

TEST(AdviceOnCapacity, of_a_bound_that_may_lie_above_the_best_chooses_nothing) {
  const Advice open = advice_of({found("fibers", 10'000), at_least("threads", 9'000)});
  EXPECT_FALSE(open.decided);
  EXPECT_TRUE(begins(open.choose, "Cannot be told: threads could not be loaded up to its limit."));
  EXPECT_TRUE(has(open.why, "the peer was the limit of threads, which says nothing about a model"));
  const Advice ahead = advice_of({found("fibers", 10'000), at_least("threads", 20'000)});
  EXPECT_EQ(ahead.chosen, std::vector<std::string>{"threads"});
  EXPECT_FALSE(advice_of({found("fibers", 10'000), at_least("threads", 20'000), at_least("pool", 30'000)}).decided)
      << "of two bounds nobody knows which goes farther";
}

TEST(AdviceOnCapacity, says_so_where_no_rate_passes_or_nothing_is_known) {
  const SustainedRate none{.label = "fibers", .told = Told::none_passes, .limit = "p99<40ms"};
  EXPECT_EQ(advice_of({none}).choose, "None: no model keeps p99<40ms at any rate that was tried.");
  const SustainedRate unknown{.label = "threads", .told = Told::cannot_tell};
  EXPECT_EQ(advice_of({none, unknown}).choose, "Cannot be told: no capacity was found in the time.");
  EXPECT_FALSE(advice_of({found("fibers", 10'000)}).decided) << "one is nothing to choose from";
  EXPECT_FALSE(advice_of({found("fibers", 10'000), unknown}).decided);
}

TEST(AdviceOnCapacity, says_what_would_change_it_by_what_stopped_the_best) {
  EXPECT_TRUE(has(changes({found("fibers", 10'000, "p99<40ms"), found("pool", 100)}),
                  "A looser objective: p99<40ms stops fibers"));
  const std::string overload = changes({found("fibers", 10'000), found("pool", 100)});
  EXPECT_FALSE(has(overload, "looser"));
  EXPECT_TRUE(has(overload, "More CPUs or less work a task"));
  SustainedRate wide = found("fibers", 10'000);
  EXPECT_FALSE(has(changes({wide, found("pool", 100)}), "--time"));
  wide.is_narrow = false;
  EXPECT_TRUE(has(changes({wide, found("pool", 100)}), "More --time: the interval of fibers is not as narrow"));
}

TEST(AdviceOnCapacity, of_models_that_are_tied_each_is_stopped_by_the_objective_that_it_misses) {
  const std::string text = changes({found("fibers", 10'000, "p99<20ms"), found("pool", 9'990, "p99.9<30ms")});
  EXPECT_TRUE(has(text, "A looser objective: p99<20ms stops fibers, not the load as such.\n"));
  EXPECT_TRUE(has(text, "A looser objective: p99.9<30ms stops pool, not the load as such.\n"));
}

TEST(AdviceOnCapacity, chooses_nothing_on_a_busy_machine) {
  SustainedRate best = found("threads", 10'000);
  best.foreign_cpu_share = 0.1;
  EXPECT_TRUE(advice_of({best, found("pool", 100)}).decided);
  best.foreign_cpu_share = 1.2;
  const Advice advice = advice_of({best, found("pool", 100)});
  EXPECT_FALSE(advice.decided);
  EXPECT_TRUE(advice.chosen.empty());
  EXPECT_TRUE(
      begins(advice.choose, "Cannot be told: threads goes farthest as measured, but other programs used up to 1.2"));
}

TEST(AdviceOnCapacity, tells_the_head_room_only_of_what_was_found) {
  const std::vector<SustainedRate> rates{found("fibers", 10'000),
                                         at_least("csp", 7'000),
                                         at_least("tbb", 3'000),
                                         {.label = "pool", .told = Told::cannot_tell}};
  const std::string text = head_room(rates, 5'000);
  EXPECT_TRUE(begins(text, "More load: fibers up to 10.0k/s ["));
  EXPECT_TRUE(has(text, "2.00x the rate"));
  EXPECT_TRUE(has(text, "csp at least 7.00k/s"));
  EXPECT_FALSE(has(text, "tbb")) << "a bound below the rate says nothing";
  EXPECT_FALSE(has(text, "pool"));
  EXPECT_EQ(head_room(std::vector<SustainedRate>{rates.back()}, 5'000), "");
}

}  // namespace
}  // namespace cbench
