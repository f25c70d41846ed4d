// The parent believes no record: each lie of tests/support/liar.py becomes a failed record that names what does not
// agree, and the figures that it made up are not shown as measured.
#include "sweep/verdict/contradictions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/arrivals.hpp"
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

// It is ended by force, which is not why there is no record.
TEST(contradictions, who_closes_its_events_is_told_so) {
  KnownWorks works;
  const TrialSpec spec{
      .model = "liar", .workload = "sleep", .parameters = {{"delay", "10ms"}}, .load = closed, .deadline = 60s};
  const std::string closes = "import os, time; input(); os.close(3); time.sleep(60)";
  const TrialRecord record = run_one_trial(spec, works.of(spec), {.command = {"python3", "-c", closes}});
  EXPECT_EQ(record.status, Status::failed);
  EXPECT_NE(record.reason.find("it closed descriptor 3, left no record"), std::string::npos) << record.reason;
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

// ---- lies in numbers: of a trial that is computed, and a change of what it says ----

constexpr std::uint64_t ms = 1'000'000;
using TimeOf = std::function<std::uint64_t(const Work& work, std::uint64_t turn)>;  // ns

struct Computed {
  TrialSpec spec;
  KnownWork known;
  TrialOutcome outcome;
  RecordEvent& record() { return *outcome.record; }
  std::string found(const std::optional<PeerCounts>& peer = {}) const {
    return contradiction_in(spec, known, outcome, peer);
  }
};

std::uint64_t waits_of(const Work& work, std::uint64_t turn) {
  return static_cast<std::uint64_t>(waiting_of(work.script(work.script_of(turn % work.turns()))).count());
}

// What slots do that go through the order, or of fixed work take what comes next, when a task of a turn takes so long.
Computed computed(Work work, const LoadSpec& load, const TimeOf& time_of = waits_of, const TimeOf& told_of = {}) {
  Computed trial{.spec = {.model = "", .workload = "", .load = load},
                 .known = {std::move(work), LeastDemand{}},
                 .outcome = {.status = Status::ok, .ready = ReadyEvent{}, .record = RecordEvent{}}};
  const Work& asked = trial.known.work;
  TrialOutcome& outcome = trial.outcome;
  RecordEvent& record = trial.record();
  record.status = ChildStatus::ok;
  outcome.started_ns = 1'000 * ms;
  outcome.unready_ns = outcome.started_ns + 20 * ms;
  const bool is_fixed = load.kind == LoadKind::fixed;
  const std::uint64_t submitted = outcome.unready_ns + 3 * ms;
  const std::uint64_t begin =
      is_fixed ? submitted : submitted + static_cast<std::uint64_t>(load.warmup.count()) + 2 * ms;
  const std::uint64_t end = begin + static_cast<std::uint64_t>(load.duration.count());
  outcome.window = WindowEvent{.begin_ns = begin, .end_ns = is_fixed ? std::nullopt : std::optional(end)};
  outcome.untold_ns = begin - 1;
  record.slices.assign(is_fixed ? 0 : 20, 0);
  if (!asked.classes().front().empty()) {
    for (const std::string& name : asked.classes()) record.classes[name];
  }
  std::vector<std::uint64_t> free_at(load.concurrency, submitted);
  std::vector<std::uint64_t> counted(load.concurrency);
  std::vector<std::uint64_t> turns(load.concurrency);
  for (std::uint32_t slot = 0; slot < load.concurrency; ++slot) turns[slot] = asked.first_turn(slot, load.concurrency);
  std::uint64_t last = begin;
  for (std::uint64_t next = 0; !is_fixed || next < load.tasks; ++next) {
    const auto first = std::ranges::min_element(free_at);
    const auto slot = static_cast<std::size_t>(first - free_at.begin());
    if (!is_fixed && *first >= end) break;
    const std::uint64_t turn = is_fixed ? next : turns[slot]++;
    const std::uint64_t finish = *first + time_of(asked, turn);
    const std::uint64_t told = told_of ? told_of(asked, turn) : finish - *first;
    *first = finish;
    last = std::max(last, finish);
    ++record.tasks_total;
    if (!is_fixed && (finish < begin || finish >= end)) continue;
    ++record.tasks;
    ++counted[slot];
    record.queueing.record(0);
    record.service.record(told);
    record.response.record(told);
    if (!is_fixed) ++record.slices[(finish - begin) * 20 / (end - begin)];
    if (!record.classes.empty()) {
      record.classes[asked.classes()[asked.class_of(asked.script_of(turn % asked.turns()))]].record(told);
    }
  }
  const auto [fewest, most] = std::ranges::minmax(counted);
  record.fewest_of_a_slot = fewest;
  record.most_of_a_slot = most;
  if (is_fixed) record.finish_ns = last;
  outcome.unended_ns = last;
  outcome.ended_ns = std::max(last, end) + ms;
  outcome.heard_ns = outcome.ended_ns + ms;
  return trial;
}

const Work two_kinds({wait(1ms), wait(40ms), wait(40ms), wait(40ms)}, {"quick", "slow", "slow", "slow"});
const LoadSpec twenty{.concurrency = 20, .warmup = 100ms, .duration = 1s};
const LoadSpec thousand{.kind = LoadKind::fixed, .concurrency = 20, .tasks = 1000};

// An open load whose tasks come at a steady rate, of which each is over in a millisecond, and the requests that they
// make within the window.
std::pair<Computed, std::uint64_t> arriving(const Work& work, double rate_per_s) {
  const LoadSpec load{
      .kind = LoadKind::open, .concurrency = 10, .rate_per_s = rate_per_s, .warmup = 130ms, .duration = 1s};
  Computed trial = computed(work, load, [](const Work&, std::uint64_t) { return 999 * ms; });
  const ArrivalRule rule = arrival_rule(load, seed_of_arrivals(trial.spec.seed));
  const auto up_to = [&](std::chrono::nanoseconds time) {
    const std::uint64_t due = arrivals_before(rule, time);
    return ArrivalCounts::UpTo{.due = due, .taken = due, .done = due};
  };
  RecordEvent& record = trial.record();
  record.arrivals = ArrivalCounts{
      .begin = up_to(load.warmup), .end = up_to(load.warmup + load.duration), .mean_backlog = rate_per_s / 1000};
  const std::uint64_t due = record.arrivals->due();
  record.tasks = due;
  record.tasks_total = record.arrivals->end.due;
  record.slices = {due};
  record.fewest_of_a_slot = 0;
  record.most_of_a_slot = due;
  record.queueing = record.service = record.response = Histogram();
  record.arrivals->lag.record(0, due);
  record.queueing.record(0, due);
  record.service.record(ms, due);
  record.response.record(ms, due);
  std::uint64_t requests = 0;
  for (std::uint64_t turn = record.arrivals->begin.due; turn < record.arrivals->end.due; ++turn) {
    requests += count_steps(work.script(work.script_of(turn % work.turns()))).requests;
  }
  return {std::move(trial), requests};
}

bool says(const std::string& reason, std::string_view part) { return reason.find(part) != std::string::npos; }

// Whatever is asked for, and whatever a machine adds to it: nobody is accused.
TEST(contradictions_in_numbers, are_not_found_in_what_slots_can_do) {
  std::mt19937_64 random(7);
  const auto between = [&](std::uint64_t low, std::uint64_t high) { return low + random() % (high - low + 1); };
  for (int i = 0; i < 400; ++i) {
    std::vector<Steps> scripts;
    std::vector<std::string> classes;
    const auto kinds = between(1, 60);
    const double spread = static_cast<double>(between(0, 30)) / 10;
    for (std::uint64_t k = 0; k < kinds; ++k) {
      const double z = std::normal_distribution<>()(random);
      const auto time = std::chrono::nanoseconds(static_cast<std::int64_t>(2e6 * std::exp(spread * z)));
      scripts.push_back(k % 5 == 4 ? request(10, time) : wait(time));
      if (i % 2 == 0) classes.push_back(between(0, 3) == 0 || k == 0 ? "a" : "b");
    }
    LoadSpec load{.concurrency = static_cast<std::uint32_t>(between(1, 70)),
                  .warmup = std::chrono::milliseconds(between(0, 50)),
                  .duration = std::chrono::milliseconds(between(1, 400))};
    if (i % 3 == 0) load = {.kind = LoadKind::fixed, .concurrency = load.concurrency, .tasks = between(1, 2000)};
    const auto stalls = between(0, 2);
    Computed trial = computed(Work(scripts, classes), load, [&](const Work& work, std::uint64_t turn) {
      const std::uint64_t late = stalls == 0           ? 0
                                 : between(0, 50) == 0 ? between(0, 60 * ms)
                                                       : between(0, 100'000 * stalls);
      return waits_of(work, turn) + late;
    });
    if (trial.record().tasks == 0) continue;
    EXPECT_EQ(trial.found(), "") << i << ": " << kinds << " scripts, " << load.concurrency << " slots, "
                                 << trial.record().tasks << " tasks";
  }
}

TEST(contradictions_in_numbers, a_lock_that_is_held_by_one_after_the_other_is_no_contradiction) {
  const Work work({sequence({critical(2, wait(2ms)), wait(5ms)}), critical(2, fan_out(3, wait(1ms)))});
  const Computed trial = computed(work, {.kind = LoadKind::fixed, .concurrency = 7, .tasks = 100},
                                  [&](const Work&, std::uint64_t) { return 7 * 2 * ms; });
  EXPECT_EQ(trial.found(), "");
}

TEST(contradictions_in_numbers, a_window_is_told_before_it_begins) {
  Computed trial = computed(two_kinds, twenty);
  const std::uint64_t begin = trial.outcome.window->begin_ns;
  trial.outcome.untold_ns = begin + 300 * ms;
  EXPECT_TRUE(says(trial.found(), "it told its window more than 300ms after it had begun")) << trial.found();
  trial.outcome.held_up_s = 0.1;
  EXPECT_EQ(trial.found(), "") << "its threads waited for a CPU meanwhile";
  trial.outcome.held_up_s = std::numeric_limits<double>::infinity();
  EXPECT_EQ(trial.found(), "") << "more of them than there are CPUs were ready to run";
  trial.outcome.held_up_s = 0;
  trial.outcome.stopped_s = 0.1;
  EXPECT_EQ(trial.found(), "") << "nobody ran meanwhile";
  trial.outcome.stopped_s = 0;
  trial.outcome.untold_ns = begin + 200 * ms;
  EXPECT_EQ(trial.found(), "") << "its collector of garbage may have held it up";
}

TEST(contradictions_in_numbers, a_closed_load_has_a_window_with_an_end) {
  Computed trial = computed(two_kinds, twenty);
  trial.outcome.window->end_ns.reset();
  trial.record().slices.clear();
  EXPECT_EQ(trial.found(), "its window has no end, though its load goes on");
}

TEST(contradictions_in_numbers, tasks_wait_for_what_their_scripts_wait_for_and_not_for_the_least_of_all) {
  const TimeOf least = [](const Work&, std::uint64_t) { return 1 * ms; };
  for (const LoadSpec& load : {twenty, thousand}) {
    Computed trial = computed(two_kinds, load, least);
    EXPECT_TRUE(says(trial.found(), "wait for so little")) << trial.found();
    // And where they are said to be of the kind that waits for little.
    trial.record().classes["quick"].merge(std::exchange(trial.record().classes["slow"], {}));
    EXPECT_TRUE(says(trial.found(), "wait for so little")) << trial.found();
  }
}

TEST(contradictions_in_numbers, slots_have_time_for_so_many_tasks) {
  const TimeOf half = [](const Work& work, std::uint64_t turn) { return waits_of(work, turn) * 2 / 5; };
  for (const LoadSpec& load : {twenty, thousand}) {
    const Computed trial = computed(two_kinds, load, half, waits_of);
    EXPECT_TRUE(says(trial.found(), "s of work, but its 20 slots had no more than")) << trial.found();
  }
  // One task that took all the time there was makes room for none but its own slot.
  Computed trial = computed(two_kinds, twenty, half, waits_of);
  for (Histogram* times : {&trial.record().service, &trial.record().response, &trial.record().classes["slow"]}) {
    times->record(1000 * ms);
  }
  for (std::uint64_t* count : {&trial.record().tasks, &trial.record().tasks_total, &trial.record().slices[3]}) ++*count;
  trial.record().queueing.record(0);
  EXPECT_TRUE(says(trial.found(), "s of work, but its 20 slots had no more than")) << trial.found();
}

TEST(contradictions_in_numbers, who_had_time_for_no_task_is_told_so) {
  Computed trial = computed(Work({wait(10s)}), {.concurrency = 1, .warmup = 100ms, .duration = 10s});
  trial.outcome.unready_ns += 2'000 * ms;  // after it was ready
  EXPECT_EQ(trial.found(), "1 task finished, though no slot had time for any");
}

TEST(contradictions_in_numbers, a_slot_has_no_more_tasks_than_there_was_time_for) {
  Computed trial = computed(two_kinds, twenty);
  trial.record().most_of_a_slot *= 2;
  EXPECT_TRUE(says(trial.found(), "slots, which had time for no more than")) << trial.found();
}

TEST(contradictions_in_numbers, more_time_passes_in_a_trial_than_its_tasks_wait_for) {
  Computed trial = computed(two_kinds, twenty);
  trial.record().tasks_total += 200;
  EXPECT_TRUE(says(trial.found(), "tasks finished in all, but its 20 slots had time for no more than"))
      << trial.found();
}

TEST(contradictions_in_numbers, fixed_work_takes_as_long_as_it_took) {
  Computed trial = computed(two_kinds, thousand);
  std::uint64_t& finish = *trial.record().finish_ns;
  const std::uint64_t took = finish - trial.outcome.window->begin_ns;
  finish -= took * 6 / 10;
  EXPECT_TRUE(says(trial.found(), "s of work, but its 20 slots had no more than")) << trial.found();
  // A task that took longer than all together.
  Computed single = computed(Work({wait(10ms)}), {.kind = LoadKind::fixed, .concurrency = 20, .tasks = 20});
  single.record().response = single.record().service = Histogram();
  single.record().response.record(10 * ms, 19);
  single.record().response.record(20 * ms);
  single.record().service = single.record().response;
  *single.record().finish_ns += 3 * ms;
  single.outcome.ended_ns += 3 * ms;
  EXPECT_TRUE(says(single.found(), "a task took 20.0ms, but all were over after 13.0ms")) << single.found();
  // It says that it has ended as soon as it has, or a while later.
  Computed late = computed(two_kinds, thousand);
  late.outcome.unended_ns += 1900 * ms;
  late.outcome.ended_ns = late.outcome.heard_ns = late.outcome.unended_ns;
  EXPECT_EQ(late.found(), "");
  late.outcome.unended_ns += 1900 * ms;
  late.outcome.ended_ns = late.outcome.heard_ns = late.outcome.unended_ns;
  EXPECT_TRUE(says(late.found(), "but it ended more than 3.80s later")) << late.found();
  late.outcome.stopped_s = 1.9;
  EXPECT_EQ(late.found(), "") << "the parent did not run meanwhile, nor perhaps did the trial";
}

TEST(contradictions_in_numbers, classes_hold_the_times_and_the_shares_of_their_tasks) {
  Computed times = computed(two_kinds, twenty);
  const std::uint64_t quick = times.record().classes["quick"].total();
  times.record().classes["quick"] = {};
  times.record().classes["quick"].record(1 * ms - 1000, quick);
  EXPECT_EQ(times.found(), "its classes hold other times than its response histogram");
  const Steps step = compute(Kernel::mix, 1);
  const Work alike({step, step, step, step}, {"a", "b", "b", "b"});
  for (const LoadSpec& load : {twenty, thousand}) {
    Computed shares = computed(alike, load, [](const Work&, std::uint64_t) { return 10 * ms; });
    shares.record().classes["b"].merge(std::exchange(shares.record().classes["a"], {}));
    EXPECT_TRUE(says(shares.found(), "it has 0 tasks of the class \"a\", though in the order there are"))
        << shares.found();
  }
}

TEST(contradictions_in_numbers, one_task_after_the_other_holds_a_lock) {
  const Work work({critical(0, wait(10ms)), sequence({wait(2ms), critical(0, fan_out(3, wait(10ms)))})});
  for (const LoadSpec& load : {twenty, thousand}) {
    const Computed trial = computed(work, load);
    EXPECT_TRUE(says(trial.found(), "several were inside at once")) << trial.found();
  }
  // Branches take it one after the other, too.
  const Work branches({fan_out(20, critical(0, wait(10ms)))});
  const Computed trial = computed(branches, {.concurrency = 1, .warmup = 10ms, .duration = 1s});
  EXPECT_TRUE(says(trial.found(), "several were inside at once")) << trial.found();
}

TEST(contradictions_in_numbers, who_leaves_the_tree_of_a_trial_is_seen) {
  Computed trial = computed(two_kinds, twenty);
  trial.outcome.daemons = 2;
  EXPECT_TRUE(says(trial.found(), "2 processes stood beside its own when it had ended")) << trial.found();
}

TEST(contradictions_in_numbers, a_connection_has_one_request_under_way) {
  const Computed trial = computed(Work({request(64, 10ms)}), twenty);
  const PeerCounts honest{.replies_in_window = trial.outcome.record->tasks};
  EXPECT_EQ(trial.found(honest), "");
  PeerCounts early = honest;
  early.early_in_window = 3;
  EXPECT_TRUE(says(trial.found(early), "3 requests came over a connection that had one under way"));
  early.window_whole = false;
  EXPECT_NE(trial.found(early), "") << "also where the peer heard of the window too late to count";
}

// One task in ten makes eleven requests: a window meets as many as are due in it, and not two for each task.
TEST(contradictions_in_numbers, requests_are_those_of_the_turns_that_a_window_meets) {
  const Steps one = request(64, 0ns);
  const Steps five = sequence({one, one, one, one, one});
  const Work work({one, sequence({five, five, one})}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  for (const double rate_per_s : {10.0, 15.0, 37.0, 95.0}) {
    const auto [trial, requests] = arriving(work, rate_per_s);
    EXPECT_EQ(trial.found(PeerCounts{.replies_in_window = requests}), "") << rate_per_s;
    EXPECT_TRUE(says(trial.found(PeerCounts{.replies_in_window = requests + 25}), "the peer sent")) << rate_per_s;
  }
  Computed fixed_work = computed(work, {.kind = LoadKind::fixed, .concurrency = 1, .tasks = 9},
                                 [](const Work&, std::uint64_t) { return ms; });
  EXPECT_EQ(fixed_work.found(PeerCounts{.replies_in_window = 9}), "");
  EXPECT_NE(fixed_work.found(PeerCounts{.replies_in_window = 18}), "");
  const Computed closed_loop = computed(work, {.concurrency = 1, .warmup = 3ms, .duration = 15ms},
                                        [](const Work&, std::uint64_t) { return ms; });
  EXPECT_EQ(closed_loop.found(PeerCounts{.replies_in_window = closed_loop.outcome.record->tasks + 10}), "");
}

// Where the window was told so late that the CPU time within it is not known.
TEST(contradictions_in_numbers, all_tasks_together_take_the_cpu_time_of_their_computing) {
  Computed trial = computed(Work({wait(10ms)}), twenty);
  trial.known.least.cheapest_us = 1000;
  trial.outcome.life_cpu_s = 0.1;
  EXPECT_TRUE(says(trial.found(), "its process used 0.10 s of CPU time in all, though computing")) << trial.found();
  trial.outcome.life_cpu_s = 0;
  EXPECT_EQ(trial.found(), "") << "it is not known";
}

}  // namespace
}  // namespace cbench
