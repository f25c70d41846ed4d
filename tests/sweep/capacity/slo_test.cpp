// Objectives as people write them, and what trials say of them.
#include "sweep/capacity/slo.hpp"

#include <chrono>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "text/quantity.hpp"
#include "workloads/workload.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

Work work_of(std::string_view name, const TextMap& parameters = {}) {
  const WorkloadInfo& workload = *find_workload(name);
  return draw_work(workload, read_parameters(workload.parameters, parameters).text(), 1, 1);
}
const Work& one_kind() {
  static const Work work = work_of("io", {{"delay", "1ms"}});
  return work;
}

// A trial of which `slow` tasks of `tasks` took 30 ms and the others 5 ms.
TrialRecord trial_of(std::uint64_t tasks, std::uint64_t slow) {
  TrialRecord record;
  record.status = Status::ok;
  record.tasks = tasks;
  Histogram times;
  times.record(5'000'000, tasks - slow);
  if (slow > 0) times.record(30'000'000, slow);
  record.response = summarise(std::move(times));
  return record;
}

std::string refusal_of(std::string_view text, const Work& work = one_kind()) {
  try {
    parse_slo(text, work);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(Slo, is_read_as_percentiles_and_their_limits) {
  const Slo slo = parse_slo("p99<20ms, p99.9 < 50ms", one_kind());
  ASSERT_EQ(slo.objectives.size(), 2U);
  EXPECT_DOUBLE_EQ(slo.objectives[0].quantile, 0.99);
  EXPECT_EQ(slo.objectives[0].limit, 20ms);
  EXPECT_DOUBLE_EQ(slo.objectives[1].quantile, 0.999);
  EXPECT_EQ(slo.objectives[1].limit, 50ms);
  EXPECT_NEAR(slo.least_tasks(), 10'000, 1) << "ten tasks beyond the rarest percentile";
}

TEST(Slo, says_what_is_wrong_with_one_that_cannot_be_read) {
  for (const auto& [text, said] : {std::pair{"", "no objective"},
                                   {"20ms", "no objective"},
                                   {"p99>20ms", "no objective"},
                                   {"p999<20ms", "p99.9"},
                                   {"p0<20ms", "percentile"},
                                   {"p100<20ms", "percentile"},
                                   {"mean<20ms", "percentile"},
                                   {"p99<20", "unit"},
                                   {"p99<20parsecs", "20parsecs"},
                                   {"p99<0s", "no time"},
                                   {"p99<20ms,", "no objective"},
                                   {"p99<20ms,p99<30ms", "two limits"},
                                   {"light:p99<20ms", "one kind"}}) {
    EXPECT_NE(refusal_of(text).find(said), std::string::npos) << text << ": " << refusal_of(text);
  }
}

TEST(Slo, that_no_rate_meets_is_refused) {
  EXPECT_EQ(refusal_of("p99<1ms", work_of("io")),
            "no rate meets --slo \"p99<1ms\": its tasks wait 20.0ms of themselves (cbench explain shows for what); ask "
            "for more than that");
  EXPECT_EQ(refusal_of("p99<20ms", work_of("cpu")), "") << "computing takes what it takes: a trial tells";
  EXPECT_NE(refusal_of("p99<25ms,p99.9<20ms", work_of("io")), "") << "one of several";
}

TEST(Slo, that_only_the_slower_tasks_cannot_meet_is_refused_where_they_count) {
  // One task in ten waits longer than the limit.
  std::vector<Steps> scripts(9, wait(1ms));
  scripts.push_back(wait(50ms));
  std::vector<std::uint32_t> order(1000);
  for (std::size_t turn = 0; turn < order.size(); ++turn) order[turn] = static_cast<std::uint32_t>(turn % 10);
  const Work work(scripts, {}, order);
  EXPECT_EQ(refusal_of("p50<10ms", work), "");
  EXPECT_EQ(refusal_of("p89<10ms", work), "");
  EXPECT_EQ(refusal_of("p91<10ms", work), "") << "a sample like this one may have fewer of them";
  EXPECT_NE(refusal_of("p95<10ms", work), "");
}

TEST(Slo, is_of_one_class_where_tasks_are_of_several) {
  const Work mixed = work_of("mixed", {{"heavy", "5%"}});
  ASSERT_GT(mixed.classes().size(), 1U);
  EXPECT_NE(refusal_of("p99<20ms", mixed).find("not to be mixed"), std::string::npos);
  EXPECT_NE(refusal_of("huge:p99<20ms", mixed).find("unknown class"), std::string::npos);
  const std::string rare = mixed.classes().back() + ":p99<20ms";
  EXPECT_GE(parse_slo(rare, mixed).least_tasks(), 1000) << "more requests, where only some are of the class";
}

TEST(Slo, has_the_times_of_the_one_class_that_it_is_on) {
  const Work work = work_of("mixed", {{"heavy", "10%"}});
  EXPECT_EQ(parse_slo("light:p99<20ms,light:p99.9<50ms", work).of_class(), "light");
  EXPECT_EQ(parse_slo("light:p99<20ms,heavy:p99<50ms", work).of_class(), std::nullopt) << "no times are of both";
  EXPECT_EQ(parse_slo("p99<20ms", work_of("sleep", {})).of_class(), "");
  TrialRecord record = trial_of(1'000, 500);
  record.classes.push_back({.name = "light", .tasks = 500, .response = trial_of(500, 0).response});
  EXPECT_EQ(responses_of("light", record)->total(), 500U);
  EXPECT_EQ(responses_of("", record)->total(), 1'000U);
  EXPECT_EQ(responses_of("light", TrialRecord()), nullptr);
}

TEST(Slo, passes_and_fails_by_the_percentile) {
  const Slo slo = parse_slo("p99<20ms", one_kind());
  EXPECT_EQ(judge(slo, trial_of(2000, 10)).vote, Vote::passes);
  const Judgement failed = judge(slo, trial_of(2000, 40));
  EXPECT_EQ(failed.vote, Vote::fails);
  EXPECT_EQ(failed.limit, "p99<20ms");
}

TEST(Slo, names_the_objective_that_fails_by_most) {
  EXPECT_EQ(judge(parse_slo("p50<4ms,p90<10ms", one_kind()), trial_of(2000, 1000)).limit, "p90<10ms");
}

TEST(Slo, has_no_vote_of_a_trial_too_short_for_its_percentile) {
  const Slo slo = parse_slo("p99.9<20ms", one_kind());
  EXPECT_EQ(judge(slo, trial_of(2000, 0)).vote, Vote::none) << "nobody knows p99.9 of 2,000 tasks";
  EXPECT_EQ(judge(slo, trial_of(2000, 1)).vote, Vote::none);
  EXPECT_EQ(judge(slo, trial_of(20'000, 1)).vote, Vote::passes);
}

TEST(Slo, fails_in_a_short_trial_where_a_lower_percentile_is_beyond_its_limit) {
  EXPECT_EQ(judge(parse_slo("p99.9<20ms", one_kind()), trial_of(2000, 100)).vote, Vote::fails);
}

TEST(Slo, fails_where_the_model_could_not_keep_up_or_broke_and_says_nothing_of_invalid_trials) {
  const Slo slo = parse_slo("p99<20ms", one_kind());
  TrialRecord record = trial_of(2000, 0);
  record.status = Status::overloaded;
  EXPECT_EQ(judge(slo, record).limit, "overload");
  record.status = Status::failed;
  EXPECT_EQ(judge(slo, record).limit, "errors");
  record.status = Status::invalid;
  record.arrived.lag_p99_us = 20'000;
  record.peer_cpu_share = 0.92;
  EXPECT_EQ(judge(slo, record).vote, Vote::none);
  EXPECT_EQ(judge(slo, record).limit, "generator") << "which was late; the peer was busy and no more";
  record.peer_cpu_share = 0.99;
  EXPECT_EQ(judge(slo, record).limit, "peer");
  record.host.peers = 2;
  EXPECT_EQ(judge(slo, record).limit, "generator") << "a peer of two threads has as much left";
  TrialRecord empty;
  empty.spec.load.kind = LoadKind::open;
  empty.status = Status::invalid;
  EXPECT_EQ(judge(slo, empty).vote, Vote::none) << "no task was due";
  EXPECT_EQ(judge(slo, empty).limit, "too few requests");
}

}  // namespace
}  // namespace cbench
