// The parent believes no record: each lie of tests/support/liar.py becomes a failed record that names what does not
// agree, and the figures that it made up are not shown as measured.
#include "sweep/verdict/contradictions.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/peer_process.hpp"
#include "sweep/trial_run.hpp"
#include "tests/support/peer_client.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

constexpr LoadSpec closed{.concurrency = 10, .warmup = 20ms, .duration = 300ms};
constexpr LoadSpec slow_start{.concurrency = 10, .warmup = 1s, .duration = 300ms};
constexpr LoadSpec fixed{.kind = LoadKind::fixed, .concurrency = 10, .tasks = 100};

struct Asked {
  std::string workload = "sleep";
  TextMap parameters = {{"delay", "10ms"}};
  LoadSpec load = closed;
  PeerProcess* peer = nullptr;
  std::chrono::nanoseconds deadline = 60s;
};

TrialRecord hear(const std::string& lie, const Asked& asked = {}) {
  KnownWorks works;
  const TrialSpec spec{.model = "liar",
                       .workload = asked.workload,
                       .parameters = asked.parameters,
                       .load = asked.load,
                       .deadline = asked.deadline};
  return run_one_trial(spec, works.of(spec), {.command = {"python3", CBENCH_LIAR, lie}, .peer = asked.peer});
}

struct Lie {
  const char* name;
  const char* says;  // a part of the reason
  LoadSpec load = closed;
};

void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }

class Lies : public testing::TestWithParam<Lie> {};

TEST_P(Lies, are_found_out) {
  const TrialRecord record = hear(GetParam().name, {.load = GetParam().load});
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_NE(record.reason.find(GetParam().says), std::string::npos) << record.reason;
  EXPECT_LT(record.reason.size(), 2500U);
  EXPECT_TRUE(std::ranges::none_of(record.reason, [](char c) { return static_cast<unsigned char>(c) < ' '; }));
}

INSTANTIATE_TEST_SUITE_P(
    contradictions, Lies,
    testing::Values(
        Lie{"other_trial", "another trial, feedfeedfeedfeed"}, Lie{"digest", "the digest is"},
        Lie{"tasks", "histogram holds 290 tasks, but it counted 290000000"},
        Lie{"a_million_times", "s of work, but its 10 slots had no more than"},
        Lie{"histogram", "its response histogram holds 291 tasks, but it counted 290"},
        Lie{"slices", "its slices hold 297 tasks, but it counted 290"}, Lie{"no_slices", "no slices"},
        Lie{"dropped", "290 tasks within the window, but 289 in all"}, Lie{"too_many_in_all", "tasks in all that wait"},
        Lie{"sums", "do not add up"}, Lie{"slots", "its slots finished 30 to 31 tasks each"},
        Lie{"classes", "a class \"heavy\", which no script has"}, Lie{"too_long", "but the trial was over after"},
        Lie{"skipped_waits", "though it waits for 10"}, Lie{"second_window", "a second window"},
        Lie{"short_window", "its window is 150ms long instead of 300ms"},
        Lie{"early_window", "before the warm-up was over", slow_start},
        Lie{"early_record", "a record before its window had ended"}, Lie{"ready_twice", "ready twice"},
        Lie{"ended_twice", "ended twice"}, Lie{"record_twice", "more on descriptor 3 after its record"},
        Lie{"dies", "said its record and was killed by signal 9"}, Lie{"exits_with_3", "exited with 3"},
        Lie{"stays", "did not end when its input had"}, Lie{"no_record", "exited with 0 and left no record"},
        Lie{"garbage", "no event"}, Lie{"unknown_event", "unknown event \"fortune\""},
        Lie{"nested", "it said on descriptor 3 what is no event"}, Lie{"gigabyte", "more than 64 MiB on descriptor 3"},
        Lie{"old_protocol", "protocol version 1"}, Lie{"counts_of_2_53", "a whole number up to"},
        Lie{"counts_of_2_63", "a whole number up to"}, Lie{"negative", "tasks: expected a whole number"},
        Lie{"not_a_number", "no event"}, Lie{"descending", "ascending indexes"},
        Lie{"out_of_bounds", "response: expected a whole number"}, Lie{"reason", "it failed www"},
        Lie{"last_words", "exited with 7 and left no record: zzz"},
        Lie{"panics", "exited with 2 and left no record: panic: no memory left"},
        Lie{"fewer_than_asked", "99 tasks finished instead of 100", fixed},
        Lie{"finished_at_once", "s of work, but its 10 slots had no more than", fixed},
        Lie{"finished_tomorrow", "finished after it was over", fixed}),
    [](const testing::TestParamInfo<Lie>& tested) { return std::string(tested.param.name); });

// Without them the tests above would only show that the parent refuses everything.
TEST(contradictions, are_not_found_where_nothing_contradicts) {
  for (const LoadSpec& load : {closed, fixed}) {
    const TrialRecord record = hear("none", {.load = load});
    EXPECT_EQ(record.status, Status::ok) << record.reason;
    EXPECT_EQ(record.tasks, load.kind == LoadKind::fixed ? 100U : 290U);
  }
}

// A parent that is busy may hear of the window's end and of the record in one turn.
TEST(contradictions, are_not_found_in_a_record_that_comes_as_soon_as_the_window_has_ended) {
  for (int i = 0; i < 20; ++i) {
    const TrialRecord record =
        hear("prompt", {.parameters = {{"delay", "1ms"}}, .load = {.concurrency = 10, .duration = 50ms}});
    ASSERT_EQ(record.status, Status::ok) << record.reason;
  }
}

TEST(contradictions, replies_are_those_of_the_trials_own_window) {
  PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  peer.watch();
  PeerClient client(peer.port());
  client.send(request_frame(1));
  ASSERT_TRUE(client.reply());
  ASSERT_EQ(peer.counts().replies_in_window, 1U);
  const TrialRecord record = hear("no_record", {"io", {{"delay", "10ms"}}, closed, &peer});
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_EQ(record.peer_replies, 0U) << "it had no window, and this is the reply of somebody before";
}

TEST(contradictions, replies_of_a_part_of_the_window_are_not_written) {
  KnownWorks works;
  const TrialSpec spec{.model = "pool", .workload = "io", .load = closed};
  TrialCircumstances circumstances;
  circumstances.peer = PeerCounts{.replies_in_window = 7};
  EXPECT_EQ(completed_record(spec, works.of(spec), {}, circumstances).peer_replies, 7U);
  circumstances.peer->window_whole = false;
  EXPECT_EQ(completed_record(spec, works.of(spec), {}, circumstances).peer_replies, 0U);
}

TEST(contradictions, a_record_that_the_peer_bears_no_witness_to_says_so) {
  KnownWorks works;
  const TrialSpec spec{.model = "pool", .workload = "io", .load = closed};
  const TrialOutcome outcome{
      .ready = ReadyEvent{}, .window = WindowEvent{.begin_ns = 1, .end_ns = 2}, .record = RecordEvent{}};
  TrialCircumstances circumstances;
  circumstances.peer = PeerCounts{};
  EXPECT_TRUE(completed_record(spec, works.of(spec), outcome, circumstances).warnings.empty());
  circumstances.peer->window_whole = false;
  const std::vector<std::string> warnings = completed_record(spec, works.of(spec), outcome, circumstances).warnings;
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings.front().find("too late to count its replies"), std::string::npos);
}

TEST(contradictions, replies_that_the_peer_never_sent_are_told_by_its_own_count) {
  PeerProcess peer(0, CBENCH_PEER_PROGRAM);
  for (const LoadSpec& load : {closed, fixed}) {
    const TrialRecord record = hear("none", {"io", {{"delay", "10ms"}}, load, &peer});
    EXPECT_EQ(record.status, Status::failed);
    EXPECT_NE(record.reason.find("the peer sent 0 replies"), std::string::npos) << record.reason;
  }
}

// After the last task of fixed work there is nothing that uses CPU time, however late the parent hears of it.
TEST(contradictions, cpu_time_of_fixed_work_is_all_that_was_read) {
  const TrialMeasures measures{.complete = true, .elapsed_s = 10, .cpu_s = 2};
  EXPECT_DOUBLE_EQ(cpu_s_within({.load = {.kind = LoadKind::fixed}}, measures, 1), 2);
  EXPECT_DOUBLE_EQ(cpu_s_within({.load = {.kind = LoadKind::closed}}, measures, 1), 0.2);
}

// Of empty tasks, over in `window_s`, on the baseline.
TrialRecord record_of_short_work(double window_s, const TrialMeasures& measures, LoadSpec load = fixed) {
  KnownWorks works;
  const TrialSpec spec{.model = "sequential", .workload = "noop", .load = load, .is_baseline = true};
  const std::uint64_t begin_ns = 1'000'000'000;
  const auto end_ns = begin_ns + static_cast<std::uint64_t>(window_s * 1e9);
  const bool is_fixed = load.kind == LoadKind::fixed;
  RecordEvent said{
      .status = ChildStatus::ok, .tasks = 100, .tasks_total = 100, .fewest_of_a_slot = 10, .most_of_a_slot = 10};
  if (is_fixed) said.finish_ns = end_ns;
  if (!is_fixed) said.slices = {100};
  said.queueing.record(0, 100);
  said.service.record(100, 100);
  said.response.record(100, 100);
  const TrialOutcome outcome{
      .status = Status::ok,
      .ready = ReadyEvent{},
      .window = WindowEvent{.begin_ns = begin_ns, .end_ns = is_fixed ? std::nullopt : std::optional(end_ns)},
      .record = said,
      .measures = measures,
      .started_ns = 1,
      .heard_ns = end_ns + 1'000'000'000};
  return completed_record(spec, works.of(spec), outcome, {});
}

TEST(contradictions, cpu_time_that_was_read_of_more_than_the_window_is_not_known) {
  const TrialMeasures measures{
      .complete = true, .begin_late_s = 20e-6, .elapsed_s = 300e-6, .cpu_s = 275e-6, .foreign = ForeignActivity{13, 0}};
  const TrialRecord record = record_of_short_work(140e-6, measures);
  ASSERT_EQ(record.status, Status::ok) << record.reason;
  EXPECT_EQ(record.cpu_s, 0);
  EXPECT_EQ(record.cpu_per_task_us, 0);
  EXPECT_FALSE(record.foreign_cpu_share.has_value());
  EXPECT_EQ(record.demand_cpu_us, 0) << "then the ideal is not known either";
  ASSERT_EQ(record.warnings.size(), 1U);
  EXPECT_NE(record.warnings[0].find("a window of less than 1ms is too short to read CPU time"), std::string::npos)
      << record.warnings[0];
  EXPECT_NE(record.warnings[0].find("--tasks"), std::string::npos);
}

TEST(contradictions, cpu_time_that_was_read_of_the_window_is_known) {
  const TrialMeasures measures{.complete = true,
                               .begin_late_s = 200e-6,
                               .elapsed_s = 0.2,
                               .cpu_s = 0.19,
                               .foreign = ForeignActivity{.foreign_cpu_share = 0.1}};
  const TrialRecord record = record_of_short_work(0.2, measures);
  ASSERT_EQ(record.status, Status::ok) << record.reason;
  EXPECT_TRUE(record.warnings.empty());
  EXPECT_DOUBLE_EQ(record.cpu_s, 0.19);
  EXPECT_NEAR(record.demand_cpu_us, 1900, 1);
  EXPECT_EQ(record.foreign_cpu_share, 0.1);
}

TEST(contradictions, a_machine_that_was_busy_is_told_from_a_window_that_is_short) {
  for (const LoadSpec& load : {fixed, LoadSpec{.concurrency = 10, .duration = 200ms}}) {
    const TrialMeasures measures{
        .complete = true, .begin_late_s = 1e-5, .end_late_s = 0.1, .elapsed_s = 0.3, .cpu_s = 0.2};
    const TrialRecord record = record_of_short_work(0.2, measures, load);
    EXPECT_EQ(record.cpu_s, 0);
    ASSERT_EQ(record.warnings.size(), 1U);
    EXPECT_NE(record.warnings[0].find("too busy to read CPU time"), std::string::npos) << record.warnings[0];
  }
}

TEST(contradictions, computing_that_took_no_cpu_time_was_not_done) {
  const TrialRecord record = hear("none", {"cpu", {{"amount", "200k"}}});
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_NE(record.reason.find("s of CPU time, though computing"), std::string::npos) << record.reason;
}

// With one task in flight throughput is told by the times, so that these are held against the count of tasks.
TEST(contradictions, times_of_one_task_after_the_other_fill_the_window) {
  const Asked asked{"cpu", {{"amount", "200k"}}, {.concurrency = 1, .duration = 1s}};
  const TrialRecord record = hear("half_the_times", asked);
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_NE(record.reason.find("one after the other, are 0.4"), std::string::npos) << record.reason;
  EXPECT_NE(hear("none", asked).reason.find("s of CPU time"), std::string::npos) << "its times are those of its tasks";
}

// A daemon that nobody spoke of is seen where it stood when the parent looked; one that came later is not.
void expect_ok_or_seen(const TrialRecord& record) {
  EXPECT_TRUE(record.status == Status::ok || record.reason.find("stood beside its own") != std::string::npos)
      << record.reason;
}

TEST(contradictions, a_daemon_that_keeps_the_pipes_open_holds_nobody_up) {
  const auto began = std::chrono::steady_clock::now();
  expect_ok_or_seen(hear("leaves_a_daemon"));
  const TrialRecord dead = hear("leaves_a_daemon_and_dies");
  EXPECT_EQ(dead.status, Status::failed);
  EXPECT_NE(dead.reason.find("exited with 4"), std::string::npos) << dead.reason;
  EXPECT_LT(std::chrono::steady_clock::now() - began, 6s) << "the daemon lives for 8 s";
}

// It has left the trial's group and its session, and would take CPU time from the trials that follow.
TEST(contradictions, a_daemon_ends_with_its_trial) {
  const std::string lie = fmt::format("leaves_a_daemon:{}", getpid());  // no other test's
  expect_ok_or_seen(hear(lie));
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string command{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(command.find(lie), std::string::npos) << entry.path();
  }
}

// A gigabyte on descriptor 3 has ended the trial in the tests above; standard error is thrown away as it comes.
TEST(contradictions, what_a_trial_says_takes_no_memory) {
  EXPECT_EQ(hear("gigabyte_of_errors").status, Status::ok);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const long before = usage.ru_maxrss;
  hear("gigabyte");
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss - before, 300 * 1024);
}

}  // namespace
}  // namespace cbench
