// `cbench micro`: every model and primitive does what it promises, broken ones are found out, and what Google Benchmark
// reports is what was measured.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include "harness/clock.hpp"
#include "micro/benchmark.hpp"
#include "micro/drive.hpp"
#include "micro/isolate.hpp"
#include "micro/models.hpp"
#include "models/model.hpp"
#include "tests/support/program.hpp"
#include "text/quantity.hpp"

namespace cbench::micro {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Outcome;

constexpr std::array<std::uint32_t, 2> counts{1, 2};

Outcome cbench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "micro");
  return testing::run(CBENCH_PROGRAM, arguments);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> names_in(const json& report) {
  std::vector<std::string> names;
  for (const json& row : report.at("benchmarks")) names.push_back(row.at("name"));
  return names;
}

Benchmarks primitives() {
  Benchmarks benchmarks;
  for (const Family* family : families()) {
    if (family->add != nullptr) family->add(benchmarks, counts);
  }
  return benchmarks;
}

// An operation that takes a known time, without taking it.
Benchmark made_up(const std::string& name) {
  return {name, 4, [](std::uint64_t operations) { return Measurement{1000ns * operations, 3000ns * operations}; }};
}

// Does all operations but one.
Benchmark forgetful(const std::string& name) {
  return {name, 1, [](std::uint64_t operations) -> Measurement {
            throw Defect(fmt::format("the counter: {} instead of {}", operations - 1, operations));
          }};
}

// What drive() writes on standard output.
json driven(const Benchmarks& benchmarks, std::vector<std::string> flags, std::vector<Failure>* failures = nullptr) {
  flags.insert(flags.end(), {"--benchmark_format=json", "--benchmark_min_time=0.001"});
  ::testing::internal::CaptureStdout();
  const auto failed = drive(benchmarks, flags);
  if (failures != nullptr) *failures = failed;
  return json::parse(::testing::internal::GetCapturedStdout());
}

void expect_work_is_done(const Benchmarks& benchmarks) {
  ASSERT_FALSE(benchmarks.empty());
  for (const Benchmark& benchmark : benchmarks) {
    for (const std::uint64_t operations : {1, 503}) {
      const auto outcome = run_isolated(benchmark, operations, 30s);
      EXPECT_EQ(outcome.failure, "") << benchmark.name << ", " << operations << " operations";
      EXPECT_GT(outcome.measurement.wall, 0ns) << benchmark.name;
    }
  }
}

TEST(micro_benchmarks, every_primitive_does_its_work) { expect_work_is_done(primitives()); }

TEST(micro_benchmarks, every_model_does_its_work) {
  ticks::calibrate();
  Benchmarks benchmarks;
  add_models(benchmarks, models(), counts);
  expect_work_is_done(benchmarks);
}

TEST(micro_benchmarks, each_has_a_name_of_its_own) {
  Benchmarks benchmarks = primitives();
  add_models(benchmarks, models(), counts);
  std::set<std::string> names;
  for (const Benchmark& benchmark : benchmarks) EXPECT_TRUE(names.insert(benchmark.name).second) << benchmark.name;
}

TEST(micro_benchmarks, a_model_has_no_more_workers_than_it_can_have) {
  Benchmarks benchmarks;
  add_models(benchmarks, models(), counts);
  EXPECT_EQ(matching(benchmarks, "model/reschedule/sequential/").size(), 1U);
  EXPECT_EQ(matching(benchmarks, "model/reschedule/pool/").size(), 2U);
  EXPECT_EQ(matching(benchmarks, "model/lock/sequential/").size(), 0U) << "one task in flight contends with nobody";
}

TEST(micro_filter, is_an_extended_regular_expression_found_anywhere_in_the_name) {
  const Benchmarks benchmarks{made_up("a/one"), made_up("a/two"), made_up("b/one")};
  const auto names = [&](std::string_view filter) {
    std::string text;
    for (const Benchmark& benchmark : matching(benchmarks, filter)) text += benchmark.name + " ";
    return text;
  };
  EXPECT_EQ(names(""), "a/one a/two b/one ");
  EXPECT_EQ(names("all"), "a/one a/two b/one ");
  EXPECT_EQ(names("one$"), "a/one b/one ");
  EXPECT_EQ(names("^a/(one|two)"), "a/one a/two ");
  EXPECT_EQ(names("-one"), "a/two ");
  EXPECT_THROW(matching(benchmarks, "("), UsageError);
}

TEST(micro_report, has_wall_time_of_an_operation_and_cpu_time_of_everybody) {
  const json report = driven({made_up("known")}, {});
  ASSERT_EQ(names_in(report), std::vector<std::string>{"known"});
  const json& row = report.at("benchmarks").at(0);
  EXPECT_DOUBLE_EQ(row.at("real_time").get<double>(), 1000);
  EXPECT_DOUBLE_EQ(row.at("cpu_time").get<double>(), 3000);
  EXPECT_EQ(row.at("time_unit"), "ns");
  EXPECT_EQ(row.at("threads"), 4);
  EXPECT_NEAR(row.at("items_per_second").get<double>(), 1e6, 1);
  EXPECT_EQ(report.at("context").at("executable"), "cbench micro");
}

TEST(micro_report, has_repetitions_and_their_statistics_under_the_same_name) {
  const json report = driven({made_up("known")}, {"--benchmark_repetitions=3"});
  const auto names = names_in(report);
  EXPECT_EQ(names, (std::vector<std::string>{"known", "known", "known", "known_mean", "known_median", "known_stddev",
                                             "known_cv"}));
  for (const json& row : report.at("benchmarks")) {
    const bool is_spread = row.at("name") == "known_stddev" || row.at("name") == "known_cv";
    EXPECT_NEAR(row.at("cpu_time").get<double>(), is_spread ? 0 : 3000, 1e-6) << row;
  }
}

TEST(micro_report, names_a_broken_primitive_and_goes_on_with_the_others) {
  std::vector<Failure> failures;
  const json report = driven({forgetful("broken"), made_up("sound")}, {"--benchmark_repetitions=2"}, &failures);
  ASSERT_EQ(failures.size(), 1U) << "once, however often it runs";
  EXPECT_EQ(failures[0].name, "broken");
  EXPECT_EQ(failures[0].reason, "the counter: 0 instead of 1");
  const json& row = report.at("benchmarks").at(0);
  EXPECT_EQ(row.at("name"), "broken");
  EXPECT_EQ(row.at("error_occurred"), true);
  EXPECT_EQ(row.at("error_message"), "the counter: 0 instead of 1");
  const auto names = names_in(report);
  EXPECT_EQ(std::count(names.begin(), names.end(), "sound"), 2);
}

TEST(micro_isolation, a_run_that_crashes_or_leaves_says_how) {
  const auto failure = [](void (*end)()) {
    return run_isolated({"ends", 1, [end](std::uint64_t) { return end(), Measurement{}; }}, 1, 30s).failure;
  };
  EXPECT_EQ(failure([] { raise(SIGKILL); }), "its process was killed by signal 9 (Killed)");
  EXPECT_EQ(failure([] { _exit(3); }), "its process exited with 3 and said nothing");
  EXPECT_EQ(failure([] { throw 1; }), "it threw what is no exception");
  EXPECT_EQ(failure([] { throw std::runtime_error("no memory"); }), "no memory");
}

TEST(micro_isolation, a_run_that_hangs_is_ended_with_all_that_it_started) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Benchmark hang{"hangs", 1, [](std::uint64_t) {
                         fork();
                         sleep(60);  // and end by itself where nobody ends it
                         return Measurement{};
                       }};
  EXPECT_EQ(run_isolated(hang, 1, 100ms).failure, "no end within 100ms: it hangs");
  close(ends[1]);
  pollfd wait{ends[0], POLLIN, 0};
  EXPECT_EQ(poll(&wait, 1, 10'000), 1) << "somebody still holds the pipe";
  close(ends[0]);
}

TEST(micro_command, lists_primitives_and_every_model_that_is_there) {
  const Outcome list = cbench({"--list"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  const auto names = lines_of(list.out);
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  EXPECT_TRUE(has("primitive/mutex/threads:1"));
  EXPECT_TRUE(has("primitive/hand_over/condition_variable/pinned"));
  for (const ModelInfo* model : models()) {
    EXPECT_EQ(has(fmt::format("model/spawn_join/{}/workers:1", model->name)), model->make != nullptr) << model->name;
  }
  EXPECT_EQ(cbench({"--benchmark_list_tests"}).out, list.out);
  EXPECT_EQ(cbench({"--benchmark_list_tests=true"}).out, list.out);
}

TEST(micro_command, filters_in_its_own_spelling_and_in_google_benchmarks) {
  EXPECT_EQ(cbench({"--list", "--filter", "mutex/threads:1$"}).out, "primitive/mutex/threads:1\n");
  EXPECT_EQ(cbench({"--list", "--benchmark_filter=mutex/threads:1$"}).out, "primitive/mutex/threads:1\n");
}

TEST(micro_command, prints_json_and_nothing_else) {
  const Outcome outcome =
      cbench({"--filter", "(atomic_add|reschedule/pool)/.*:1$", "--min-time", "1ms", "--format", "json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_NE(report.at("context").at("compiler"), "");
  EXPECT_EQ(names_in(report),
            (std::vector<std::string>{"primitive/atomic_add/threads:1", "model/reschedule/pool/workers:1"}));
  for (const json& row : report.at("benchmarks")) {
    EXPECT_GT(row.at("real_time"), 0);
    EXPECT_GT(row.at("cpu_time"), 0);
    EXPECT_GT(row.at("items_per_second"), 0);
    EXPECT_GE(row.at("iterations").get<double>() * row.at("real_time").get<double>(), 1e6) << "1 ms at least";
  }
}

TEST(micro_command, writes_a_file_beside_the_console) {
  const testing::Folder folder;
  const std::vector<std::string> one{"--filter", "primitive/mutex/threads:1$", "--min-time", "1ms", "--repetitions",
                                     "2"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), one.begin(), one.end());
    const Outcome outcome = cbench(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("primitive/mutex/threads:1_mean"), std::string::npos) << outcome.out;
    EXPECT_EQ(outcome.out.find("manual_time"), std::string::npos) << outcome.out;
  };
  with({"--out", folder / "a.json"});
  with({"--benchmark_out=" + (folder / "b.json")});
  with({"--out", folder / "c.csv", "--out-format", "csv"});
  EXPECT_EQ(names_in(json::parse(testing::read_file(folder / "a.json"))).size(), 6U);
  EXPECT_EQ(names_in(json::parse(testing::read_file(folder / "b.json"))).size(), 6U);
  EXPECT_NE(testing::read_file(folder / "c.csv").find("\"primitive/mutex/threads:1\","), std::string::npos);
}

TEST(micro_command, exits_with_1_and_the_names_where_a_benchmark_fails) {
  const Outcome outcome =
      testing::run(CBENCH_PROGRAM_WITH_FAULTS,
                   {"micro", "--filter", "model/(spawn_join|fork_join)/(null|crash)/", "--min-time", "50ms"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
  // `null` does no step: right for an empty task, wrong for one that forks.
  EXPECT_EQ(outcome.err.find("cbench: model/spawn_join/null/workers:1: "), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("cbench: model/fork_join/null/workers:1: task 0"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("cbench: model/spawn_join/crash/workers:1: its process was killed by signal 11"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(outcome.err.find("of 4 benchmarks failed"), std::string::npos) << outcome.err;
}

TEST(micro_command, refuses_what_it_does_not_know) {
  const auto expect_refused = [](const std::vector<std::string>& arguments, const std::string& what) {
    const Outcome outcome = cbench(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << what;
    EXPECT_EQ(outcome.out, "");
    EXPECT_NE(outcome.err.find(what), std::string::npos) << outcome.err;
  };
  expect_refused({"--benchmark_fitler=mutex"}, "--benchmark_filter");
  expect_refused({"--fliter", "mutex"}, "cbench micro has no option --fliter; did you mean --filter?");
  expect_refused({"--filtr=mutex"}, "Try: cbench micro --help");
  expect_refused({"mutex"}, "--filter 'mutex'");
  expect_refused({"--filter", "no such thing"}, "--list");
  expect_refused({"--filter", "("}, "regular expression");
  expect_refused({"--format", "xml"}, "console, json, csv");
  expect_refused({"--benchmark_out_format=xml"}, "console, json, csv");
  expect_refused({"--repetitions", "0"}, "--repetitions");
  expect_refused({"--benchmark_repetitions=many", "--filter", "mutex"}, "--benchmark_repetitions=many");
  expect_refused({"--min-time", "soon"}, "--min-time");
  expect_refused({"--benchmark_perf_counters=CYCLES"}, "wrong process");
  EXPECT_EQ(cbench({"--benchmark_nonsense"}).err.find("perf_counters"), std::string::npos) << "which does not pass";
}

TEST(micro_command, help_teaches_by_example) {
  const Outcome help = cbench({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("cbench micro --filter spawn_join"), std::string::npos) << help.out;
  EXPECT_NE(help.out.find("--repetitions"), std::string::npos) << help.out;
}

}  // namespace
}  // namespace cbench::micro
