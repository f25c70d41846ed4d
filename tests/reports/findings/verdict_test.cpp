// The answer in words: what it says, and where it must keep silent.
#include "reports/findings/verdict.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Texts = std::vector<std::string>;

Texts verdicts_on(const std::vector<TrialRecord>& records) {
  const std::vector<Block> blocks = blocks_of(records);
  return verdicts_over(rankings_of(blocks.front()));
}

std::string verdict(const std::vector<TrialRecord>& records) {
  const Texts texts = verdicts_on(records);
  return texts.empty() ? "" : texts.front();
}

std::vector<TrialRecord> only_repetitions(std::vector<TrialRecord> records, std::uint32_t most) {
  std::erase_if(records, [&](const TrialRecord& record) { return record.spec.repetition > most; });
  return records;
}

// Models of that throughput each, whose repetitions scatter alike.
std::vector<TrialRecord> models_at(const std::vector<std::pair<std::string, double>>& throughputs, double spread) {
  std::vector<TrialRecord> records;
  for (const auto& [model, throughput] : throughputs) {
    append(records, sample_repetitions({.model = model, .throughput_per_s = throughput}, spread));
  }
  return records;
}

TEST(Verdict, says_who_leads_who_is_tied_by_how_much_the_others_follow_and_why) {
  EXPECT_EQ(verdict(sample_io()),
            "eventloop and fibers lead at 48.9-49.1k/s, tied, 98 % of the ideal; threads follows at 0.84x "
            "[0.81, 0.87]: CPU; pool at 0.002x: blocked workers");
}

TEST(Verdict, calls_nobody_tied_where_one_leads) {
  const std::string text = verdict(models_at({{"fibers", 40'000}, {"threads", 30'000}}, 0.002));
  EXPECT_TRUE(begins(text, "fibers leads with 40.0k/s, 80 % of the ideal; threads follows at 0.75x")) << text;
  EXPECT_FALSE(has(text, "tied"));
}

TEST(Verdict, puts_nobody_behind_where_all_are_tied) {
  EXPECT_EQ(verdict(models_at({{"fibers", 40'000}, {"threads", 39'990}}, 0.01)),
            "fibers and threads are tied at 40.0k/s, 80 % of the ideal");
}

TEST(Verdict, of_one_repetition_names_no_leader_and_says_how_many_would_do) {
  const std::string text = verdict(only_repetitions(sample_io(), 1));
  EXPECT_EQ(text,
            "eventloop came first with 49.0k/s, before fibers, threads and pool; too few repetitions, at least 3 are "
            "needed");
}

TEST(Verdict, never_calls_tied_what_two_wild_repetitions_do_not_know_to_a_factor_of_two) {
  const std::vector<TrialRecord> wild = only_repetitions(models_at({{"fibers", 40'000}, {"threads", 35'000}}, 0.5), 2);
  const std::string text = verdict(wild);
  EXPECT_FALSE(has(text, "tied")) << text;
  EXPECT_FALSE(has(text, "[")) << "an interval of that width says nothing: " << text;
  EXPECT_TRUE(has(text, "too few repetitions, ")) << text;
  EXPECT_TRUE(has(text, " would do")) << text;
}

TEST(Verdict, doubts_a_follower_that_so_few_repetitions_do_not_tell) {
  std::vector<TrialRecord> records = models_at({{"fibers", 40'000}}, 0.6);
  append(records, models_at({{"threads", 15'000}}, 0.6));
  const std::string text = verdict(only_repetitions(records, 2));
  EXPECT_TRUE(begins(text, "fibers came first with")) << text;
  EXPECT_TRUE(has(text, "too few repetitions")) << text;
}

TEST(Verdict, of_many_behind_names_the_next_and_spans_the_others) {
  const std::string text =
      verdict(models_at({{"fibers", 49'000}, {"a", 40'000}, {"b", 30'000}, {"c", 20'000}, {"d", 10'000}}, 0.002));
  EXPECT_TRUE(has(text, "; a follows at 0.82x")) << text;
  EXPECT_TRUE(has(text, "; the other 3 reach 0.61x to 0.20x")) << text;
}

TEST(Verdict, names_no_limit_that_is_not_known) {
  std::vector<TrialRecord> records = models_at({{"fibers", 49'000}, {"threads", 30'000}}, 0.002);
  EXPECT_TRUE(has(verdict(records), "]: waiting while CPUs idle")) << verdict(records);
  for (TrialRecord& record : records) {
    record.ideal_per_s = record.demand_wait_us = record.demand_cpu_us = record.efficiency = 0;
  }
  EXPECT_TRUE(verdict(records).ends_with("]")) << verdict(records);
  EXPECT_FALSE(has(verdict(records), "ideal"));
}

TEST(Verdict, of_one_model_has_no_rival) {
  EXPECT_EQ(verdict(sample_repetitions({})), "fibers reaches 48.9k/s ±0.5%, 98 % of the ideal: the delay of each task");
  EXPECT_EQ(
      verdict(only_repetitions(sample_repetitions({}), 1)),
      "fibers reaches 48.8k/s, 98 % of the ideal: the delay of each task (too few repetitions for an interval, at "
      "least 3 are needed)");
}

TEST(Verdict, of_one_model_that_is_hardly_known_says_how_to_know_it) {
  const std::string text = verdict(sample_repetitions({.throughput_per_s = 20'000}, 0.35));
  EXPECT_TRUE(begins(text, "fibers reaches about 20.0k/s (too few repetitions to know it: --precision 10%")) << text;
  EXPECT_FALSE(has(text, "ideal")) << text;
}

TEST(Verdict, calls_tied_only_what_lies_within_a_factor_of_two_wherever_in_the_interval_it_is) {
  EXPECT_TRUE(has(verdict(models_at({{"fibers", 40'000}, {"threads", 39'000}}, 0.1)), "tied"));
  const std::string apart = verdict(models_at({{"fibers", 40'000}, {"threads", 23'000}}, 0.25));
  EXPECT_FALSE(has(apart, "tied")) << apart;
  EXPECT_TRUE(has(apart, "too few repetitions, ")) << apart;
}

TEST(Verdict, of_an_open_load_is_about_response_times) {
  std::vector<TrialRecord> records = sample_repetitions({.model = "fibers", .response_us = 20'000}, 0.01);
  append(records, sample_repetitions({.model = "pool", .throughput_per_s = 48'000, .response_us = 40'000}, 0.01));
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 49'000;
  }
  const std::string text = verdict(records);
  EXPECT_TRUE(begins(text, "fibers answers soonest, p99 21.4ms; pool takes 1.94x [1.93, 1.94] as long")) << text;
  for (TrialRecord& record : records) {
    record.classes = {{.name = "light", .tasks = 1, .response = record.response},
                      {.name = "heavy", .tasks = 1, .response = record.response}};
  }
  EXPECT_TRUE(begins(verdict(records), "all classes together: fibers answers soonest")) << verdict(records);
  EXPECT_FALSE(has(text, "ideal"));
}

// The response times of what is overloaded grow with the trial, or are those of the tasks alone that were not shed.
TEST(Verdict, of_an_open_load_ranks_nobody_whom_it_overloads) {
  std::vector<TrialRecord> records = sample_repetitions({.model = "fibers", .response_us = 20'000}, 0.01);
  append(records, sample_repetitions({.model = "pool", .throughput_per_s = 30'000, .response_us = 10'000}, 0.01));
  for (TrialRecord& record : records) {
    record.spec.load.kind = LoadKind::open;
    record.spec.load.rate_per_s = 49'000;
    if (record.spec.model == "pool") record.status = Status::overloaded;
  }
  EXPECT_EQ(verdict(records), "fibers answers 99 % of its tasks within 21.4ms");
  for (TrialRecord& record : records) record.status = Status::overloaded;
  for (const std::string& text : verdicts_on(records)) EXPECT_FALSE(has(text, "answer")) << text;
}

TEST(Verdict, names_the_load_where_there_are_several_and_the_main_one_of_many) {
  std::vector<TrialRecord> records;
  for (const std::uint32_t concurrency : {10U, 1000U}) {
    append(records, sample_repetitions({.concurrency = concurrency, .throughput_per_s = 48.9 * concurrency}));
  }
  Texts texts = verdicts_on(records);
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_TRUE(begins(texts[0], "At 10 in flight: fibers reaches"));
  EXPECT_TRUE(begins(texts[1], "At 1,000 in flight: fibers reaches"));
  for (const std::uint32_t concurrency : {20U, 30U}) {
    append(records, sample_repetitions({.concurrency = concurrency, .throughput_per_s = 48.9 * concurrency}));
  }
  texts = verdicts_on(records);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_TRUE(begins(texts[0], "At 1,000 in flight: ")) << texts[0];
}

TEST(Verdict, keeps_silent_where_nothing_was_measured) {
  TrialRecord record = sample_record();
  record.status = Status::failed;
  EXPECT_EQ(verdicts_on({record}), Texts{});
}

}  // namespace
}  // namespace cbench
