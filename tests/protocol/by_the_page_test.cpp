// The program that was written from docs/protocol.md alone, as a model in a trial of this program: what the page leaves
// out, or says otherwise than the code, shows here.
#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/peer_process.hpp"
#include "sweep/trial_run.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

class ByThePage : public testing::Test {
 protected:
  TrialRecord run(const std::string& workload, const TextMap& parameters, LoadSpec load) {
    const TrialSpec spec{
        .model = "by-the-page", .workload = workload, .parameters = parameters, .load = load, .deadline = 60s};
    return run_one_trial(spec, works_.of(spec), {.command = {"python3", CBENCH_BY_THE_PAGE}, .peer = &peer_});
  }

  PeerProcess peer_{0, CBENCH_PEER_PROGRAM};
  KnownWorks works_;
};

void expect_good(const TrialRecord& record, const std::string& digest) {
  EXPECT_EQ(record.status, Status::ok) << record.reason;
  EXPECT_EQ(record.digest, record.digest_expected);
  EXPECT_GT(record.tasks, 0U);
  EXPECT_EQ(record.runtime.at("name"), "python");
  EXPECT_EQ(record.id.size(), 16U);
  // On a machine that is busy it may be read too late to be of the window, which is said then.
  const bool says_so = std::ranges::any_of(
      record.warnings, [](const std::string& text) { return text.find("CPU time") != std::string::npos; });
  EXPECT_NE(record.cpu_s > 0, says_so);
  EXPECT_GT(record.peak_rss_bytes, 1'000'000U);
  if (!digest.empty()) {
    EXPECT_EQ(fmt::format("{:016x}", record.digest), digest);
  }
}

TEST_F(ByThePage, runs_io_as_the_native_models_do) {
  const LoadSpec load{.concurrency = 20, .warmup = 200ms, .duration = 500ms};
  TrialRecord record = run("io", {}, load);
  // The peer of a machine that is busy may hear of a window too late to count.
  for (int tries = 2; tries > 0 && record.peer_replies == 0; --tries) record = run("io", {}, load);
  expect_good(record, "c0fc21f7cca2cbe4");
  EXPECT_NEAR(record.littles_in_flight, 20, 6);
  EXPECT_NEAR(static_cast<double>(record.peer_replies), static_cast<double>(record.tasks), 25);
}

TEST_F(ByThePage, runs_mixed_and_keeps_its_classes_apart) {
  const TrialRecord record =
      run("mixed", {{"heavy", "1%"}, {"heavy-amount", "20000"}}, {.concurrency = 4, .warmup = 200ms, .duration = 2s});
  expect_good(record, "");
  ASSERT_EQ(record.classes.size(), 2U);
  EXPECT_EQ(record.classes[0].tasks + record.classes[1].tasks, record.tasks);
}

TEST_F(ByThePage, runs_amdahl_over_waiting_and_computing) {
  expect_good(
      run("amdahl", {{"phase", "wait"}, {"time", "50ms"}}, {.concurrency = 1, .warmup = 100ms, .duration = 500ms}), "");
  expect_good(
      run("amdahl", {{"amount", "20k"}, {"pieces", "8"}}, {.kind = LoadKind::fixed, .concurrency = 2, .tasks = 10}),
      "");
}

TEST_F(ByThePage, is_refused_where_it_does_not_know_a_step) {
  const TrialRecord record = run("cpu", {{"kernel", "memory"}}, {.concurrency = 2, .warmup = 100ms, .duration = 200ms});
  EXPECT_EQ(record.status, Status::unsupported);
  EXPECT_NE(record.reason.find("memory"), std::string::npos) << record.reason;
}

}  // namespace
}  // namespace cbench
