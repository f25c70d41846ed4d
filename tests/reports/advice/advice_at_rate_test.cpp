// Advice at a rate: who serves it is what the trials say, and where they say nothing that is the answer.
#include "reports/advice/advice_at_rate.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Records = std::vector<TrialRecord>;

constexpr double rate = 1000;

// Three trials of an open load, which serve what was offered.
Records at_rate(Sample sample) {
  sample.throughput_per_s = rate;
  Records records = sample_repetitions(sample);
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = rate;
    record.arrived.offered_per_s = record.throughput_per_s;
    record.demand_cpu_us = record.demand_wait_us = record.ideal_per_s = record.efficiency = 0;
  }
  return records;
}

// Percentiles that differ between the repetitions by a thousandth.
Records with_p99(const std::string& model, double response_us) {
  Records records;
  for (const TrialRecord& record : at_rate({.model = model})) {
    const double us = response_us * (1 + 0.001 * record.spec.repetition);
    TrialRecord& copy = records.emplace_back(record);
    copy.response = sample_latency(us, us / 100, copy.tasks);
  }
  return records;
}

struct Asked {
  Block block;
  std::vector<TrialVotes> votes;
};
Asked asked(const std::vector<std::pair<Records, TrialVotes>>& models) {
  Records records;
  for (const auto& [of_model, votes] : models) append(records, of_model);
  Asked out{.block = blocks_of(records).front(), .votes = {}};
  for (const Cell& cell : out.block.cells) {
    for (const auto& [of_model, votes] : models) {
      if (of_model.front().spec.model == cell.spec.model) out.votes.push_back(votes);
    }
  }
  return out;
}

Advice advice_of(const std::vector<std::pair<Records, TrialVotes>>& models, const std::string& slo = "") {
  const Asked all = asked(models);
  return advice_at_rate(all.block, all.votes, slo, nullptr);
}

Cell cell_of(const Records& records) { return blocks_of(records).front().cells.front(); }

const TrialVotes passes{.passes = 3};
const TrialVotes overloaded{.fails = 3, .fails_by = "overload"};
const TrialVotes late{.none = 3, .silent_by = "generator"};

TEST(Serves, is_what_most_trials_say) {
  const Cell cell = cell_of(at_rate({}));
  EXPECT_EQ(serves(cell, passes), Serves::yes);
  EXPECT_EQ(serves(cell, {.passes = 2}), Serves::unknown) << "two trials say too little";
  EXPECT_EQ(serves(cell, {.passes = 3, .none = 2}), Serves::yes);
  EXPECT_EQ(serves(cell, {.passes = 3, .none = 3}), Serves::unknown);
  EXPECT_EQ(serves(cell, {.passes = 2, .fails = 3}), Serves::no);
  EXPECT_EQ(serves(cell, {.passes = 3, .fails = 2}), Serves::sometimes);
  EXPECT_EQ(serves(cell, {.passes = 1, .fails = 1, .none = 3}), Serves::unknown);
  EXPECT_EQ(serves(cell, late), Serves::unknown);
}

TEST(Serves, does_not_hold_where_less_came_out_than_came_in) {
  Records records = at_rate({});
  for (TrialRecord& record : records) record.arrived.offered_per_s = rate * 1.1;
  EXPECT_EQ(serves(cell_of(records), passes), Serves::sometimes);
}

TEST(Serves, is_no_finding_where_other_programs_had_the_cpus) {
  Records records = at_rate({});
  for (TrialRecord& record : records) {
    record.throughput_per_s = rate / 2;
    record.foreign_cpu_share = 1.6;
  }
  EXPECT_EQ(serves(cell_of(records), overloaded), Serves::unknown);
  for (TrialRecord& record : records) record.foreign_cpu_share = 0.01;
  EXPECT_EQ(serves(cell_of(records), overloaded), Serves::no);
}

TEST(AdviceAtRate, names_who_serves_and_of_these_who_answers_soonest) {
  const Advice advice = advice_of({{with_p99("fibers", 20'000), passes},
                                   {with_p99("threads", 30'000), passes},
                                   {with_p99("pool", 10'000), overloaded}});
  EXPECT_TRUE(advice.decided);
  EXPECT_EQ(advice.chosen, std::vector<std::string>{"fibers"});
  EXPECT_TRUE(begins(advice.choose, "fibers: fibers and threads serve 1.00k/s, and it answers soonest."))
      << advice.choose;
  EXPECT_TRUE(has(advice.by_how_much, "fibers answers soonest"));
  EXPECT_FALSE(has(advice.by_how_much, "pool")) << "one that does not serve has no place in that order";
  EXPECT_TRUE(has(advice.why, "pool does not keep up"));
  EXPECT_TRUE(has(advice.costs, "At this rate it uses 0.01 of 2 CPUs."));
}

TEST(AdviceAtRate, calls_nobody_soonest_where_the_p99_is_the_same) {
  const Advice advice =
      advice_of({{with_p99("fibers", 20'000), passes}, {with_p99("threads", 20'000), passes}}, "p99<40ms");
  EXPECT_TRUE(begins(advice.choose, "Any of fibers and threads, which keep p99<40ms at 1.00k/s and are not told apart"))
      << advice.choose;
  EXPECT_EQ(advice.chosen.size(), 2U);
}

TEST(AdviceAtRate, ranks_nobody_by_the_p99_of_several_classes) {
  const auto with_classes = [](Records records) {
    for (TrialRecord& record : records) {
      record.classes = {{.name = "light", .tasks = 1, .response = record.response}, {.name = "heavy"}};
    }
    return records;
  };
  const Advice advice = advice_of(
      {{with_classes(with_p99("fibers", 20'000)), passes}, {with_classes(with_p99("threads", 30'000)), passes}});
  EXPECT_EQ(advice.chosen.size(), 2U);
  EXPECT_TRUE(has(advice.choose, "their classes of tasks, below, have no p99 in common")) << advice.choose;
}

TEST(AdviceAtRate, ranks_nobody_where_other_programs_had_the_cpus) {
  Records fibers = with_p99("fibers", 20'000);
  for (TrialRecord& record : fibers) record.foreign_cpu_share = 1.9;
  const Advice advice = advice_of({{fibers, passes}, {with_p99("threads", 30'000), passes}});
  EXPECT_EQ(advice.chosen.size(), 2U);
  EXPECT_TRUE(has(advice.choose, "who answers soonest cannot be told, as other programs had the CPUs"));
}

TEST(AdviceAtRate, says_by_what_models_fail) {
  const Advice advice = advice_of(
      {{with_p99("fibers", 20'000), passes}, {with_p99("threads", 50'000), {.fails = 3, .fails_by = "p99<40ms"}}},
      "p99<40ms");
  EXPECT_EQ(advice.why, "threads misses p99<40ms.");
  EXPECT_TRUE(begins(advice.choose, "fibers, which alone keeps p99<40ms at 1.00k/s."));
}

TEST(AdviceAtRate, chooses_nothing_where_no_model_serves) {
  const Advice advice =
      advice_of({{with_p99("fibers", 20'000), overloaded}, {with_p99("threads", 20'000), overloaded}});
  EXPECT_FALSE(advice.decided);
  EXPECT_EQ(advice.choose, "None: no model serves 1.00k/s.");
  EXPECT_EQ(advice.by_how_much, "");
  EXPECT_EQ(advice.costs, "");
}

TEST(AdviceAtRate, does_not_take_the_generators_limit_for_a_models) {
  const Advice advice = advice_of({{with_p99("fibers", 20'000), late}, {with_p99("threads", 20'000), late}});
  EXPECT_FALSE(advice.decided);
  EXPECT_TRUE(begins(advice.choose, "Cannot be told:"));
  EXPECT_TRUE(has(advice.choose, "the generator found no CPU"));
  EXPECT_EQ(advice.why, "") << "nobody failed";
}

TEST(AdviceAtRate, says_of_whom_nothing_is_known_beside_those_who_serve) {
  const Advice advice = advice_of({{with_p99("fibers", 20'000), passes}, {with_p99("threads", 20'000), late}});
  EXPECT_TRUE(advice.decided);
  EXPECT_TRUE(has(advice.choose, "Of threads nothing is known (the generator found no CPU"));
}

TEST(AdviceAtRate, says_who_is_at_its_edge) {
  const TrialVotes edge{.passes = 3, .fails = 2, .fails_by = "overload"};
  const Advice beside = advice_of({{with_p99("fibers", 20'000), passes}, {with_p99("threads", 20'000), edge}});
  ASSERT_FALSE(beside.would_change.empty());
  EXPECT_TRUE(has(beside.would_change.back(), "A little less load: threads (3 of 5) serves 1.00k/s in some trials."));
  EXPECT_TRUE(begins(advice_of({{with_p99("threads", 20'000), edge}}).choose, "None surely: threads serves"));
}

TEST(AdviceAtRate, warns_where_little_cpu_is_left) {
  Records busy = with_p99("fibers", 20'000);
  const auto changes = [&] {
    std::string text;
    for (const std::string& one : advice_of({{busy, passes}, {with_p99("threads", 30'000), passes}}).would_change)
      text += one;
    return text;
  };
  EXPECT_FALSE(has(changes(), "A little more load"));
  for (TrialRecord& record : busy) record.cpu_s = 1.8 * record.window_s;
  EXPECT_TRUE(has(changes(), "A little more load: the CPUs are"));
}

}  // namespace
}  // namespace cbench
