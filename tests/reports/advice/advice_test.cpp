// Advice on a closed loop: where each sentence must speak, and where it must keep silent.
#include "reports/advice/advice.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "reports/findings/verdict.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Records = std::vector<TrialRecord>;
using Labels = std::vector<std::string>;

Advice advice_of(const Records& records, const NoiseFloor* floor = nullptr) {
  const std::vector<Block> blocks = blocks_of(records);
  return advice_on(blocks.front(), floor);
}

Records models_at(const std::vector<std::pair<std::string, double>>& throughputs, double spread = 0.002) {
  Records records;
  for (const auto& [model, throughput] : throughputs) {
    append(records, sample_repetitions({.model = model, .throughput_per_s = throughput}, spread));
  }
  return records;
}

std::string all_of(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += text + "\n";
  return out;
}

void set_cpu(Records& records, const std::string& model, double us, double spread) {
  for (TrialRecord& record : records) {
    if (record.spec.model != model) continue;
    record.cpu_per_task_us = us * (1 + spread * (static_cast<double>(record.spec.repetition) - 2));
  }
}

TEST(Advice, names_the_model_that_leads_and_repeats_the_finding_as_every_table_says_it) {
  const Records records = models_at({{"fibers", 40'000}, {"threads", 30'000}});
  const Advice advice = advice_of(records);
  EXPECT_TRUE(advice.decided);
  EXPECT_EQ(advice.chosen, Labels{"fibers"});
  EXPECT_EQ(advice.choose, "fibers.");
  const std::vector<Block> blocks = blocks_of(records);
  EXPECT_EQ(advice.by_how_much, verdict_on(*deciding(rankings_of(blocks.front()))) + ".");
}

TEST(Advice, says_of_the_model_that_leads_how_often_it_failed) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 30'000}});
  TrialRecord failed = records.front();
  failed.spec.repetition = 4;
  failed.status = Status::failed;
  failed.reason = "killed by signal 11";
  records.push_back(failed);
  EXPECT_EQ(advice_of(records).choose,
            "fibers. But fibers failed 1 of 4 trials (killed by signal 11): find out why before you rely on it.");
  records.back().reason = "interrupted by SIGINT";
  EXPECT_EQ(advice_of(records).choose, "fibers.");
}

TEST(Advice, names_no_winner_where_all_are_tied_and_then_the_cheapest) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 39'990}}, 0.01);
  set_cpu(records, "threads", 20, 0.01);
  const Advice advice = advice_of(records);
  EXPECT_TRUE(begins(advice.choose, "No model wins: fibers or threads do, as they are not told apart."));
  EXPECT_EQ(advice.chosen.size(), 2U);
  EXPECT_TRUE(has(advice.choose, "fibers takes the least CPU of them."));
  EXPECT_TRUE(has(advice.costs, "Of these fibers takes the least CPU; the next, threads, takes 2.90x"));
}

TEST(Advice, calls_nobody_cheapest_where_the_repetitions_do_not_tell) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 39'990}}, 0.01);
  set_cpu(records, "fibers", 6.9, 0.2);
  set_cpu(records, "threads", 7.4, 0.2);
  const Advice advice = advice_of(records);
  EXPECT_FALSE(has(advice.choose, "least CPU"));
  EXPECT_FALSE(has(advice.costs, "least CPU"));
  EXPECT_TRUE(has(advice.costs, "7.40us of CPU a task")) << "what each takes is said";
}

TEST(Advice, says_which_model_behind_would_take_less_cpu) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 30'000}});
  set_cpu(records, "threads", 3, 0.01);
  EXPECT_TRUE(has(advice_of(records).costs, "threads would take less CPU: fibers takes 2.30x"));
  set_cpu(records, "threads", 6.8, 0.01);
  EXPECT_FALSE(has(advice_of(records).costs, "would take less"));
}

TEST(Advice, chooses_nothing_from_one_repetition) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 10'000}});
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.repetition > 1; });
  const Advice advice = advice_of(records);
  EXPECT_FALSE(advice.decided);
  EXPECT_TRUE(advice.chosen.empty());
  EXPECT_TRUE(begins(advice.choose, "Cannot be told: too few repetitions"));
}

TEST(Advice, that_cannot_name_the_best_still_names_who_surely_is_not) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 33'000}}, 0.4);
  append(records, models_at({{"pool", 100}}, 0.1));
  const Advice advice = advice_of(records);
  EXPECT_FALSE(advice.decided) << advice.choose;
  EXPECT_TRUE(has(advice.choose, "Surely not the best: pool."));
}

TEST(Advice, blames_other_programs_only_where_there_were_any) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 33'000}}, 0.6);
  EXPECT_FALSE(has(advice_of(records).choose, "other programs"));
  EXPECT_FALSE(has(all_of(advice_of(records).would_change), "quiet machine"));
  for (TrialRecord& record : records) record.foreign_cpu_share = 1.5;
  EXPECT_TRUE(has(advice_of(records).choose, "other programs used up to 1.5 of 2 CPUs"));
  EXPECT_TRUE(has(all_of(advice_of(records).would_change), "A quiet machine: other programs used up to 150 %"));
}

TEST(Advice, has_nothing_to_choose_from_where_one_model_ran) {
  const Advice advice = advice_of(models_at({{"fibers", 40'000}}));
  EXPECT_FALSE(advice.decided);
  EXPECT_EQ(advice.choose, "Nothing to choose from: fibers alone was measured.");
}

TEST(Advice, says_so_where_nothing_could_be_measured) {
  Records records = models_at({{"fibers", 40'000}});
  for (TrialRecord& record : records) record.status = Status::failed;
  EXPECT_EQ(advice_of(records).choose, "Nothing: no model could be measured.");
}

TEST(Advice, makes_no_finding_of_a_peer_that_was_the_limit) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 39'990}}, 0.01);
  for (TrialRecord& record : records) record.peer_cpu_share = 0.97;
  const Advice tied = advice_of(records);
  EXPECT_FALSE(tied.decided);
  EXPECT_TRUE(begins(tied.choose, "Cannot be told: the peer"));
  EXPECT_TRUE(has(all_of(tied.would_change), "A peer on another machine"));
  EXPECT_FALSE(has(all_of(tied.would_change), "More or faster CPUs"));

  append(records, models_at({{"pool", 10'000}}));
  const Advice one_behind = advice_of(records);
  EXPECT_TRUE(one_behind.decided) << "pool is behind, whatever the others could do";
  EXPECT_TRUE(begins(one_behind.why,
                     "The peer used 97 % of a CPU with fibers and threads: it was the limit, and how far "
                     "they go is not known."));
}

TEST(Advice, a_peer_of_four_threads_is_not_full_at_one_cpu) {
  Records records = models_at({{"fibers", 40'000}, {"threads", 20'000}}, 0.01);
  for (TrialRecord& record : records) {
    record.peer_cpu_share = 1.2;
    record.host.peers = 4;
  }
  const Advice advice = advice_of(records);
  EXPECT_FALSE(has(advice.why, "it was the limit")) << advice.why;
  EXPECT_FALSE(has(all_of(advice.would_change), "A peer on another machine"));
}

// 64 threads get more of a busy machine than 2 do.
TEST(Advice, chooses_nothing_where_others_had_the_cpus_that_those_behind_lacked) {
  Records records = models_at({{"threads", 20'000}, {"fibers", 10'000}, {"pool", 1'000}});
  set_cpu(records, "threads", 85, 0.01);
  set_cpu(records, "fibers", 80, 0.01);
  set_cpu(records, "pool", 800, 0.01);
  for (TrialRecord& record : records) {
    record.cpu_s = record.cpu_per_task_us * static_cast<double>(record.tasks) / 1e6;
    record.peer_cpu_share = 0;
  }
  EXPECT_EQ(advice_of(records).chosen, Labels{"threads"}) << "on a quiet machine that is a finding";
  for (TrialRecord& record : records) record.foreign_cpu_share = record.spec.model == "threads" ? 0.2 : 1.1;
  const Advice advice = advice_of(records);
  EXPECT_FALSE(advice.decided);
  EXPECT_TRUE(has(advice.choose,
                  "threads came first, but other programs used up to 1.1 of 2 CPUs, and on a quiet machine fibers "
                  "might lead. Surely not the best: pool."));
  EXPECT_TRUE(begins(advice.by_how_much, "As measured, threads leads"));
}

TEST(Advice, does_not_think_blocked_workers_short_of_cpu) {
  Records records = sample_io();
  std::erase_if(records, [](const TrialRecord& record) { return record.spec.model == "threads"; });
  for (TrialRecord& record : records) {
    record.foreign_cpu_share = 1.9;
    // Known so badly that limits.hpp names no limit.
    if (record.spec.model == "pool")
      record.throughput_per_s *= 1 + 0.1 * (static_cast<double>(record.spec.repetition) - 2);
  }
  EXPECT_TRUE(advice_of(records).decided) << advice_of(records).choose;
}

TEST(Advice, says_what_would_change_it_by_what_limits_the_leaders) {
  const auto changes = [](const Sample& leader) {
    Records records = sample_repetitions(leader);
    append(records, models_at({{"threads", 5'000}}));
    return all_of(advice_of(records).would_change);
  };
  EXPECT_TRUE(has(changes({}), "More in flight than 1,000 (-c): the delay of the tasks is what limits fibers"));
  const std::string busy = changes({.throughput_per_s = 40'000, .cpu_per_task_us = 45, .peer_cpu_share = 0.2});
  EXPECT_TRUE(has(busy, "More or faster CPUs: fibers uses 1.80 of 2."));
  EXPECT_FALSE(has(busy, "More in flight"));
  const std::string idle = changes({.throughput_per_s = 30'000, .cpu_per_task_us = 10, .peer_cpu_share = 0.2});
  EXPECT_FALSE(has(idle, "CPUs")) << "what leaves CPUs idle is not said to want more of them";
  EXPECT_FALSE(has(idle, "More in flight"));
}

TEST(Advice, says_that_blocked_workers_want_more_of_them) {
  EXPECT_TRUE(
      has(all_of(advice_of(sample_io()).would_change), "More workers than 2 (-n): each of those of pool is held"));
  EXPECT_FALSE(
      has(all_of(advice_of(models_at({{"fibers", 40'000}, {"threads", 30'000}})).would_change), "More workers"));
}

// Sessions of `fibers`, each as far from the first as that.
NoiseFloor floor_of(double apart) {
  NoiseFloor floor;
  for (int session = 0; session < 6; ++session) {
    Records records;
    const double middle = 40'000 * (1 + (session % 2 == 0 ? apart : -apart));
    append(records, sample_repetitions({.throughput_per_s = middle}));
    for (TrialRecord& record : records) record.started_at = "2024-05-17T09:3" + std::to_string(session) + ":00Z";
    add_session(floor, records, std::vector<Metric>{metric_named("throughput")});
  }
  return floor;
}

TEST(Advice, doubts_a_runner_up_that_is_within_the_noise_between_sessions) {
  const Records near = models_at({{"fibers", 40'000}, {"threads", 38'000}});
  ASSERT_EQ(advice_of(near).chosen, Labels{"fibers"});
  const NoiseFloor wide = floor_of(0.05);
  const NoiseFloor narrow = floor_of(0.001);
  EXPECT_TRUE(
      has(all_of(advice_of(near, &wide).would_change), "Another day: threads is 5.0 % behind, and two sessions"))
      << all_of(advice_of(near, &wide).would_change);
  EXPECT_FALSE(has(all_of(advice_of(near, &narrow).would_change), "Another day"));
  EXPECT_TRUE(has(all_of(advice_of(near).would_change), "was never measured (cbench aa)"));
  const Records far = models_at({{"fibers", 40'000}, {"threads", 20'000}});
  EXPECT_FALSE(has(all_of(advice_of(far, &wide).would_change), "Another day"));
  EXPECT_FALSE(has(all_of(advice_of(far).would_change), "Another day"));
}

TEST(Advice, speaks_of_other_workers_only_where_they_were_measured) {
  const Advice swept = advice_of(sample_cpu_sweep());
  EXPECT_TRUE(has(all_of(swept.would_change), "with 1 worker, 2 workers and 4 workers nobody else leads"))
      << swept.choose << all_of(swept.would_change);
  EXPECT_FALSE(has(all_of(advice_of(sample_io()).would_change), "workers nobody"));
  Records turned = sample_cpu_sweep();  // on one worker fibers are far ahead
  for (TrialRecord& record : turned) {
    if (record.spec.workers == 1 && record.spec.model == "pool") record.throughput_per_s *= 0.5;
  }
  EXPECT_TRUE(has(all_of(advice_of(turned).would_change), "Other workers: with 1 worker fibers leads."))
      << all_of(advice_of(turned).would_change);
}

}  // namespace
}  // namespace cbench
