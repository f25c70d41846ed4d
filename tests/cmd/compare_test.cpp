// `cbench compare`: files against files, with what was planted in them.
#include "cmd/compare/compare.hpp"

#include <cstdlib>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "record/comparability.hpp"
#include "record/trial_id.hpp"
#include "reports/files/csv.hpp"
#include "reports/findings/comparison/noise_floor_file.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using Json = nlohmann::json;
using Records = std::vector<TrialRecord>;

// Repetitions that scatter by 1 %, the same every time.
Records cell(const Sample& sample, double factor = 1, std::uint32_t repetitions = 8) {
  constexpr std::array scatter{0.0, 0.7, -0.9, 0.2, -0.4, 1.0, -0.2, 0.5, -0.7, 0.9};
  Records records;
  for (std::uint32_t i = 0; i < repetitions; ++i) {
    Sample one = sample;
    one.repetition = i + 1;
    one.throughput_per_s = sample.throughput_per_s * factor * (1 + 0.01 * scatter[i % scatter.size()]);
    records.push_back(sample_record(one));
  }
  return records;
}

Records joined(std::initializer_list<Records> parts) {
  Records all;
  for (const Records& part : parts) append(all, part);
  return all;
}

// Without what fits it to a terminal.
std::string unwrapped(const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), " "); }

// No noise floor of the person who runs the tests.
class Compare : public testing::Test {
 protected:
  void SetUp() override { setenv("XDG_STATE_HOME", folder.path("state").c_str(), 1); }
  void TearDown() override { unsetenv("XDG_STATE_HOME"); }

  std::string file(const std::string& name, const Records& records) {
    std::string text = csv_header() + '\n';
    for (const TrialRecord& record : records) text += csv_row(record) + '\n';
    return folder.file(name, text);
  }
  ResultComparison compare(const Records& base, const Records& changed, CompareArguments arguments = {}) {
    arguments.files = {file("base.csv", base), file("new.csv", changed)};
    return comparison_of(arguments);
  }
  // As the program does it: its exit code, and what it prints.
  std::pair<int, std::string> program(const std::string& arguments) {
    CLI::App app;
    int exit_code = 7;
    add_compare_command(app, exit_code);
    testing::internal::CaptureStdout();
    app.parse("compare " + arguments);
    return {exit_code, unwrapped(testing::internal::GetCapturedStdout())};
  }
  std::pair<int, std::string> program(const Records& base, const Records& changed, const std::string& more = "") {
    return program(file("base.csv", base) + " " + file("new.csv", changed) + " " + more);
  }
  // Of the only cell.
  static const ComparedCell& only(const ResultComparison& comparison) {
    EXPECT_EQ(comparison.sets.size(), 1U);
    EXPECT_EQ(comparison.sets.front().cells.size(), 1U);
    return comparison.sets.front().cells.front();
  }

  ScratchFolder folder;
};

TEST_F(Compare, says_for_which_columns_there_is_no_room) {
  const ResultComparison comparison = compare(cell({}), cell({}));
  EXPECT_TRUE(has(unwrapped(comparison_text(comparison, 60, false)), "No room in 60 columns for load, "));
  EXPECT_FALSE(has(comparison_text(comparison, 200, false), "No room"));
}

TEST_F(Compare, finds_the_planted_regression_and_exits_with_1) {
  const ResultComparison result =
      compare(joined({cell({}), cell({.model = "pool"})}), joined({cell({}, 1.001), cell({.model = "pool"}, 0.8)}));
  const auto& cells = result.sets.front().cells;
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].label, "fibers");
  EXPECT_EQ(cells[0].comparison.outcome, Outcome::no_difference);
  EXPECT_EQ(cells[1].label, "pool");
  EXPECT_EQ(cells[1].comparison.outcome, Outcome::regression);
  EXPECT_NEAR(cells[1].comparison.ratio, 0.8, 0.01);
  EXPECT_EQ(result.exit_code(), 1);
}

TEST_F(Compare, exits_with_0_where_nothing_got_worse) {
  EXPECT_EQ(compare(cell({}), cell({})).exit_code(), 0);
  EXPECT_EQ(compare(cell({}), cell({}, 1.3)).exit_code(), 0);
  EXPECT_EQ(only(compare(cell({}), cell({}, 1.3))).comparison.outcome, Outcome::improvement);
}

TEST_F(Compare, exits_with_1_at_three_repetitions_where_it_is_ten_times_slower) {
  for (const double factor : {0.1, 0.5, 0.75}) {
    const auto [exit_code, text] = program(cell({}, 1, 3), cell({}, factor, 3));
    EXPECT_EQ(exit_code, 1) << factor;
    EXPECT_TRUE(has(text, "1 regression.")) << text;
  }
  EXPECT_EQ(program(cell({}, 1, 3), cell({}, 0.1, 3), "--metric p99").first, 0) << "of which nothing changed";
}

TEST_F(Compare, percentiles_of_few_tasks_and_times_that_do_not_hold_are_not_judged) {
  Records few = cell({});
  for (TrialRecord& record : few) record.tasks = 200;
  const auto [exit_code, text] = program(few, few, "--metric p99");
  EXPECT_EQ(exit_code, 2);
  EXPECT_TRUE(has(text, "p99 of 200 tasks is not told: ten or more must lie beyond it")) << text;
  EXPECT_EQ(program(few, few, "--metric p50").first, 0);

  Records outlasting = cell({});
  for (TrialRecord& record : outlasting) record.littles_in_flight = 300;
  EXPECT_TRUE(has(program(outlasting, outlasting, "--metric p50").second,
                  "by Little's law 300 were in flight, where 1000 were asked for"));
  EXPECT_EQ(program(outlasting, outlasting, "--metric throughput").first, 0) << "which is known";
}

TEST_F(Compare, zeros_of_what_should_be_few_are_values_like_others) {
  const auto shed = [](std::initializer_list<std::uint64_t> counts) {
    Records records = cell({}, 1, static_cast<std::uint32_t>(counts.size()));
    auto count = counts.begin();
    for (TrialRecord& record : records) {
      record.spec.load.kind = LoadKind::open;
      record.spec.load.rate_per_s = 50'000;
      record.arrived = {.due = 100'000, .shed = *count++};
    }
    return records;
  };
  const Records none = shed({0, 0, 0, 0, 0, 0, 0, 0});
  const Records many = shed({10, 11, 12, 10, 11, 12, 10, 11});
  EXPECT_EQ(program(none, many, "--metric arrivals_shed").first, 1);
  EXPECT_EQ(program(many, none, "--metric arrivals_shed").first, 0);
  EXPECT_TRUE(has(program(many, none, "--metric arrivals_shed").second, "1 improvement."));
  EXPECT_EQ(program(none, none, "--metric arrivals_shed").first, 0);
  EXPECT_EQ(program(shed({0, 0, 0, 0, 0, 10, 12, 11}), many, "--metric arrivals_shed").first, 1);
}

TEST_F(Compare, another_version_of_a_runtime_is_not_comparable_unless_that_is_asked_for) {
  const auto go = [](const char* version, double factor) {
    Records records = cell({.model = "go"}, factor);
    for (TrialRecord& record : records) {
      record.spec.runtime_name = "go";
      record.runtime = {{"name", "go"}, {"version", version}};
    }
    return records;
  };
  const auto [exit_code, text] = program(go("go1.19", 1), go("go1.24", 0.8));
  EXPECT_EQ(exit_code, 2);
  EXPECT_TRUE(has(text, "runtime go go1.19 -> go go1.24")) << text;
  EXPECT_EQ(program(go("go1.19", 1), go("go1.24", 0.8), "--across runtime").first, 1);
}

TEST_F(Compare, exits_with_1_where_trials_fail_that_did_not_before) {
  Records crashing = cell({}, 1, 10);
  for (std::size_t i = 0; i < 8; ++i) {
    crashing[i].status = Status::failed;
    crashing[i].reason = "killed by signal 11";
  }
  const auto [exit_code, text] = program(cell({}, 1, 10), crashing);
  EXPECT_EQ(exit_code, 1);
  EXPECT_TRUE(has(text, "new failures"));
  EXPECT_TRUE(has(text, "8 of 10 trials failed in the other, none of 10 in the base; failed: killed by signal 11"));
  EXPECT_TRUE(has(text, "1 with new failures."));
  const Json json = Json::parse(program(cell({}, 1, 10), crashing, "--json").second);
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["sets"][0]["cells"][0]["outcome"], "new failures");
  EXPECT_EQ(json["sets"][0]["cells"][0]["new_trials"]["failed"], 8);
  EXPECT_TRUE(has(program(cell({}, 1, 10), crashing, "--markdown").second, "| **new failures**: 8 of 10"));
  EXPECT_EQ(program(crashing, cell({}, 1, 10)).first, 0) << "they are gone";
  EXPECT_EQ(program(crashing, crashing).first, 0) << "they are not new";
}

TEST_F(Compare, says_that_what_still_works_got_worse_too_where_others_fail) {
  Records both = cell({}, 0.5, 10);
  both.front().status = Status::timed_out;
  both.front().reason = "no end after 30 s";
  const auto [exit_code, text] = program(cell({}, 1, 10), both);
  EXPECT_EQ(exit_code, 1);
  EXPECT_TRUE(has(text, "new failures"));
  EXPECT_TRUE(has(text, "those that are ok got worse, too"));
}

TEST_F(Compare, names_the_parameters_that_tell_cells_apart) {
  const auto with_delay = [&](const std::string& model, const std::string& delay) {
    return cell({.model = model, .parameters = {{"bytes", "64"}, {"delay", delay}}});
  };
  const Records base = joined({with_delay("fibers", "5ms"), with_delay("fibers", "7ms"), with_delay("pool", "7ms")});
  const Records changed = joined({with_delay("fibers", "5ms"), with_delay("fibers", "7ms")});
  const std::string text = program(base, changed).second;
  EXPECT_TRUE(has(text, "fibers io:delay=5ms "));
  EXPECT_TRUE(has(text, "fibers io:delay=7ms "));
  EXPECT_TRUE(has(text, "in the base: pool on io:bytes=64,delay=7ms, closed"));
  EXPECT_TRUE(has(program(base, changed, "--markdown").second, "| fibers | io:delay=7ms |"));
  const std::string one = program(with_delay("fibers", "5ms"), with_delay("fibers", "5ms")).second;
  EXPECT_TRUE(has(one, "fibers io 1,000 in flight")) << "what all have in common tells nothing apart: " << one;
}

TEST_F(Compare, exits_with_1_where_a_model_is_gone) {
  const Records base = joined({cell({}), cell({.model = "pool"})});
  const auto [exit_code, text] = program(base, cell({}));
  EXPECT_EQ(exit_code, 1);
  EXPECT_TRUE(has(
      text, "missing, and measured in the base: pool on io:bytes=64,delay=20ms, closed, 1,000 in flight, 2 workers"));
  EXPECT_TRUE(has(text, "1 missing, 1 without a difference."));
  const Json json = Json::parse(program(base, cell({}), "--json").second);
  EXPECT_EQ(json["sets"][0]["missing"][0], "pool on io:bytes=64,delay=20ms, closed, 1,000 in flight, 2 workers");
  EXPECT_TRUE(has(program(base, cell({}), "--markdown").second, "- **missing**"));
  EXPECT_EQ(program(base, cell({}), "--allow-missing").first, 0) << "on purpose";
  EXPECT_EQ(program(cell({}), base).first, 0) << "one more is none less";
  EXPECT_EQ(program(joined({cell({}), cell({.model = "sequential", .workers = 1, .concurrency = 1})}), cell({})).first,
            0)
      << "the baseline is there for the others' sake";
  Records failed = cell({.model = "pool"});
  for (TrialRecord& record : failed) record.status = Status::failed;
  EXPECT_EQ(program(joined({cell({}), failed}), cell({})).first, 0) << "it never worked";
}

TEST_F(Compare, cannot_compare_what_its_peer_kept_from_being_measured) {
  Records invalid = cell({});
  for (TrialRecord& record : invalid) {
    record.status = Status::invalid;
    record.reason = "the peer was saturated";
  }
  const ResultComparison result = compare(cell({}), invalid);
  EXPECT_EQ(only(result).comparison.outcome, Outcome::not_comparable);
  EXPECT_EQ(only(result).comparison.reason, "no trial in the other is ok: invalid: the peer was saturated");
  EXPECT_EQ(result.exit_code(), 2);
}

TEST_F(Compare, does_not_take_what_is_not_known_for_nothing) {
  Records unknown = cell({});
  for (TrialRecord& record : unknown) record.cpu_per_task_us = 0;
  const ResultComparison result = compare(cell({}), unknown, {.metric = "cpu"});
  EXPECT_EQ(only(result).comparison.outcome, Outcome::not_comparable);
  EXPECT_EQ(only(result).comparison.reason, "nothing was measured");
}

TEST_F(Compare, says_what_could_have_been_seen) {
  const auto [exit_code, text] = program(cell({}), cell({}));
  EXPECT_EQ(exit_code, 0);
  EXPECT_TRUE(has(text, "with these repetitions a difference of 5."));
  EXPECT_TRUE(has(program(cell({}, 1, 1), cell({}, 0.1, 1)).second, "In 1 cell too few repetitions see anything."));
  const Json json = Json::parse(program(cell({}), cell({}), "--json").second);
  EXPECT_GE(json["sets"][0]["cells"][0]["smallest_effect_seen"].get<double>(), 0.05);
  EXPECT_LE(json["sets"][0]["cells"][0]["smallest_effect_seen"].get<double>(), 0.07);
}

TEST_F(Compare, counts_a_trial_once_that_stands_twice_in_a_file) {
  Records records = cell({});
  for (TrialRecord& record : records) record.id = draw_trial_id();
  const ComparedCell cell = only(compare(joined({records, records}), records));
  EXPECT_EQ(cell.base_repetitions, 8U);
  EXPECT_EQ(cell.changed_repetitions, 8U);
}

TEST_F(Compare, judges_by_the_metric_that_is_asked_for) {
  const Records base = cell({.response_us = 20'000, .tail_us = 300});
  const Records slower = cell({.response_us = 26'000, .tail_us = 300});
  EXPECT_EQ(compare(base, slower).exit_code(), 0) << "throughput is the same";
  for (const std::string metric : {"p50", "p99", "p99.9", "mean", "service_p99", "response_p90_us"}) {
    const ResultComparison result = compare(base, slower, {.metric = metric});
    EXPECT_EQ(result.exit_code(), 1) << metric;
    EXPECT_GT(only(result).comparison.ratio, 1.2) << metric;
  }
  EXPECT_THROW(compare(base, slower, {.metric = "speed"}), UsageError);
  EXPECT_THROW(compare(base, slower, {.metric = "model"}), UsageError);
}

// What a thread takes is its kernel stack more than anything: by its resident memory it is a fiber.
TEST_F(Compare, counts_what_the_kernel_holds_as_memory) {
  Records base = cell({});
  Records heavier = cell({});
  for (TrialRecord& record : base) record.peak_kernel_bytes = 20'000'000;
  for (TrialRecord& record : heavier) record.peak_kernel_bytes = 340'000'000;
  EXPECT_EQ(compare(base, heavier, {.metric = "memory"}).exit_code(), 1);
  EXPECT_EQ(compare(base, heavier, {.metric = "peak_rss_bytes"}).exit_code(), 0) << "that alone is the same";
  for (TrialRecord& record : base) record.peak_kernel_bytes = 0;
  EXPECT_NE(compare(base, heavier, {.metric = "memory"}).exit_code(), 1) << "half of it is not known";
}

TEST_F(Compare, takes_the_threshold) {
  EXPECT_EQ(compare(cell({}), cell({}, 0.92)).exit_code(), 1);
  EXPECT_EQ(compare(cell({}), cell({}, 0.92), {.threshold = "15%"}).exit_code(), 0);
  EXPECT_THROW(compare(cell({}), cell({}), {.threshold = "much"}), UsageError);
}

TEST_F(Compare, refuses_results_of_another_host_and_says_what_differs) {
  Records changed = cell({}, 0.5);
  for (TrialRecord& record : changed) record.host.cpu_model = "Other CPU";
  const ResultComparison result = compare(cell({}), changed);
  EXPECT_EQ(only(result).comparison.outcome, Outcome::not_comparable);
  EXPECT_EQ(only(result).comparison.reason, "cpu_model Example CPU, 2 cores -> Other CPU");
  EXPECT_EQ(result.exit_code(), 2);
}

TEST_F(Compare, compares_across_facts_that_are_allowed_to_differ) {
  Records changed = cell({}, 0.5);
  for (TrialRecord& record : changed) record.build.libraries["libuv"] = "1.45.0";
  EXPECT_EQ(compare(cell({}), changed).exit_code(), 2);
  EXPECT_EQ(only(compare(cell({}), changed)).comparison.reason, "libraries libuv 1.44.2 -> libuv 1.45.0");
  EXPECT_EQ(compare(cell({}), changed, {.across = {"libraries"}}).exit_code(), 1);
  EXPECT_EQ(compare(cell({}), changed, {.across = {"all"}}).exit_code(), 1);
  EXPECT_EQ(compare(cell({}), changed, {.across = {"kernel"}}).exit_code(), 2);
  EXPECT_THROW(compare(cell({}), changed, {.across = {"moon"}}), UsageError);
}

TEST_F(Compare, does_not_mind_facts_that_are_measured_and_differ_by_a_little) {
  Records changed = cell({});
  for (TrialRecord& record : changed) {
    record.host.memory_bytes += 50'000'000;
    record.host.clock = "tsc 2.6 GHz";
  }
  EXPECT_EQ(compare(cell({}), changed).exit_code(), 0);
}

TEST_F(Compare, refuses_other_settings_parameters_and_work) {
  Records settings = cell({});
  for (TrialRecord& record : settings) record.spec.settings["stack"] = "64k";
  EXPECT_EQ(only(compare(cell({}), settings)).comparison.reason, "the model's settings differ: defaults -> stack=64k");
  Records parameters = cell({});
  for (TrialRecord& record : parameters) record.spec.parameters["delay"] = "5ms";
  EXPECT_EQ(only(compare(cell({}), parameters)).comparison.reason,
            "the workload's parameters differ: bytes=64,delay=20ms -> bytes=64,delay=5ms");
  Records work = cell({});
  for (TrialRecord& record : work) record.digest = record.digest_expected = 42;
  EXPECT_EQ(only(compare(cell({}), work)).comparison.reason,
            "the workload's digest differs for seed 1: not the same work");
  for (TrialRecord& record : work) record.spec.seed += 100;
  EXPECT_EQ(only(compare(cell({}), work)).comparison.reason, "the workload's digest differs: not the same work");
  for (TrialRecord& record : work) record.digest_expected = record.spec.seed;
  EXPECT_NE(only(compare(cell({}), work)).comparison.outcome, Outcome::not_comparable)
      << "other seeds draw other tasks of the same workload";
}

TEST_F(Compare, keeps_apart_cells_that_stand_in_one_file_only) {
  const ResultComparison result =
      compare(joined({cell({}), cell({.model = "pool"})}), joined({cell({}), cell({.model = "threads"})}));
  EXPECT_EQ(result.sets.front().cells.size(), 1U);
  EXPECT_EQ(result.sets.front().missing,
            std::vector<std::string>{"pool on io:bytes=64,delay=20ms, closed, 1,000 in flight, 2 workers"});
  EXPECT_EQ(result.sets.front().only_here,
            std::vector<std::string>{"threads on io:bytes=64,delay=20ms, closed, 1,000 in flight, 2 workers"});
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(compare(cell({}), cell({.model = "pool"})).exit_code(), 2) << "nothing was compared";
}

TEST_F(Compare, calls_it_a_regression_when_what_worked_fails) {
  Records failed = cell({});
  for (TrialRecord& record : failed) {
    record.status = Status::timed_out;
    record.reason = "no end after 30 s";
  }
  const ResultComparison result = compare(cell({}), failed);
  EXPECT_EQ(only(result).outcome(), "new failures");
  EXPECT_EQ(only(result).comparison.reason, "worked before, every trial failed now; timed_out: no end after 30 s");
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(compare(failed, cell({})).exit_code(), 0);
  EXPECT_EQ(compare(failed, failed).exit_code(), 0);
  EXPECT_EQ(only(compare(failed, cell({}))).comparison.outcome, Outcome::improvement);
  EXPECT_EQ(only(compare(failed, failed)).comparison.outcome, Outcome::inconclusive);
}

TEST_F(Compare, corrects_over_the_cells_of_all_files_and_ranks_them_in_tiers) {
  const std::string base = file("base.csv", cell({}));
  const std::string same = file("same.csv", cell({}, 1.002));
  const std::string slow = file("slow.csv", cell({}, 0.7));
  const ResultComparison result = comparison_of({.files = {base, same, slow}});
  ASSERT_EQ(result.sets.size(), 2U);
  EXPECT_EQ(result.exit_code(), 1);
  const Comparison& c = result.sets[1].cells.front().comparison;
  EXPECT_NEAR(c.p_holm, 2 * c.p, 1e-12);
  ASSERT_EQ(result.tiers.size(), 1U);
  EXPECT_EQ(result.tiers.front().tiers, (std::vector<std::vector<std::string>>{{base, same}, {slow}}));
}

TEST_F(Compare, ranks_the_models_of_the_newest_file_in_tiers) {
  const Records records = joined({cell({}), cell({.model = "eventloop"}, 1.002), cell({.model = "threads"}, 0.5)});
  const ResultComparison result = compare(records, records);
  ASSERT_EQ(result.tiers.size(), 1U);
  EXPECT_EQ(result.tiers.front().tiers, (std::vector<std::vector<std::string>>{{"eventloop", "fibers"}, {"threads"}}));
}

TEST_F(Compare, uses_the_noise_floor_of_this_host_for_as_many_repetitions_as_there_are) {
  NoiseFloor floor{.host = sample_host(), .entries = {}};
  for (const double level : {1.0, 0.9, 1.1, 1.02, 0.97}) {
    add_session(floor, cell({}, level), std::vector{metric_named("throughput")});
  }
  EXPECT_EQ(compare(cell({}), cell({}, 0.92)).exit_code(), 1);
  update_noise_floor(noise_floor_path(), floor.host, Stored::kept, [&](NoiseFloor& stored) { stored = floor; });
  const ResultComparison result = compare(cell({}), cell({}, 0.92));
  EXPECT_EQ(result.exit_code(), 0) << "the machine drifts by more than that";
  EXPECT_GT(only(result).comparison.noise_floor.value(), 0.15);
  EXPECT_TRUE(
      has(unwrapped(comparison_text(result, 100, false)), "that of 5 sessions between 2024-05-17T09:30:00Z and"));
  const double of_three = only(compare(cell({}, 1, 3), cell({}, 1, 3))).comparison.noise_floor.value();
  EXPECT_GT(of_three, only(result).comparison.noise_floor.value()) << "of 8 repetitions";
  EXPECT_EQ(compare(cell({}), cell({}, 0.3)).exit_code(), 1) << "which is no matter of drift";
  Records elsewhere = cell({}, 0.92);
  for (TrialRecord& record : elsewhere) record.host.cpu_model = "Other CPU";
  Records base = cell({});
  for (TrialRecord& record : base) record.host.cpu_model = "Other CPU";
  EXPECT_FALSE(compare(base, elsewhere).noise_floor.has_value());
}

TEST_F(Compare, says_it_in_text_in_markdown_and_in_json) {
  const ResultComparison result = compare(joined({cell({}), cell({.model = "pool"}, 1, 2)}),
                                          joined({cell({}, 0.8), cell({.model = "pool"}, 0.7, 2)}));
  const std::string text = comparison_text(result, 100, false);
  EXPECT_TRUE(has(text, "regression"));
  EXPECT_TRUE(has(unwrapped(text), "2 repetitions cannot show a difference: at least 3 a side are needed"));
  EXPECT_TRUE(has(text, "1 regression, 1 inconclusive."));
  EXPECT_TRUE(has(unwrapped(text), "cbench aa measures it"));
  EXPECT_FALSE(has(text, "\x1b["));
  EXPECT_TRUE(has(comparison_text(result, 100, true), "\x1b["));
  Records moved = joined({cell({}), cell({.model = "pool"}), cell({.model = "threads"})});
  const Records here = moved;
  for (TrialRecord& record : moved) record.host.kernel = "Linux 6.2.0";
  EXPECT_TRUE(has(comparison_text(compare(here, moved), 100, false), "\n3 cells: kernel Linux 6.1.0 -> Linux 6.2.0\n"));
  const std::string markdown = comparison_markdown(result);
  EXPECT_TRUE(has(markdown, "| fibers | io | closed, 1,000 in flight | 2 |"));
  EXPECT_TRUE(has(markdown, "| **regression** |"));
  const Json json = Json::parse(comparison_json(result));
  EXPECT_EQ(json["exit_code"], 1);
  EXPECT_EQ(json["sets"][0]["cells"][0]["outcome"], "regression");
  EXPECT_NEAR(json["sets"][0]["cells"][0]["ratio"].get<double>(), 0.8, 0.01);
  EXPECT_GE(json["sets"][0]["cells"][1]["repetitions_needed"].get<int>(), 3);
}

TEST_F(Compare, does_not_call_a_tie_what_lies_more_than_a_factor_of_two_apart) {
  const Records records =
      joined({cell({}, 1, 1), cell({.model = "eventloop"}, 0.9, 1), cell({.model = "pool"}, 0.1, 1)});
  const ResultComparison result = compare(records, records);
  ASSERT_EQ(result.tiers.size(), 1U);
  EXPECT_EQ(result.tiers.front().tiers, (std::vector<std::vector<std::string>>{{"eventloop", "fibers"}, {"pool"}}));
  EXPECT_TRUE(
      has(unwrapped(comparison_text(result, 100, false)), "2. pool (too few repetitions, at least 3 are needed)"));
}

TEST_F(Compare, exits_with_2_for_bad_input_with_file_line_and_column) {
  const std::string good = file("good.csv", cell({}));
  const std::string cut = folder.file("cut.csv", csv_header() + "\n1,ok\n");
  for (const std::string& arguments : {good + " " + folder.path("missing.csv"), good + " " + cut,
                                       good + " " + good + " --metric speed", good + " " + good + " --threshold x"}) {
    CLI::App app;
    int exit_code = 7;
    add_compare_command(app, exit_code);
    testing::internal::CaptureStderr();
    app.parse("compare " + arguments);
    const std::string message = testing::internal::GetCapturedStderr();
    EXPECT_EQ(exit_code, 2) << arguments;
    EXPECT_TRUE(begins(message, "cbench: "));
    if (arguments.ends_with("cut.csv")) {
      EXPECT_TRUE(has(message, "cut.csv:2: "));
    }
  }
  CLI::App app;
  int exit_code = 7;
  add_compare_command(app, exit_code);
  EXPECT_THROW(app.parse("compare " + good), CLI::ParseError) << "the program turns it into exit code 2";
}

}  // namespace
}  // namespace cbench
