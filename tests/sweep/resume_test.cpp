// `cbench run --resume`: what a sweep that died had measured is not measured again, and nothing else passes for it.
#include "sweep/resume.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

using namespace std::chrono_literals;

const std::string program = CBENCH_PROGRAM;
const std::string program_with_faults = CBENCH_PROGRAM_WITH_FAULTS;

std::vector<std::string> plan(const std::string& models, const std::string& file,
                              const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--model",   models, "--workload", "sleep", "--param", "delay=2ms",
                                     "--workers", "1",    "-c",         "4",     "-d",      "100ms",
                                     "--warmup",  "10ms", "-o",         file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::size_t good(const std::vector<TrialRecord>& records) {
  return static_cast<std::size_t>(std::ranges::count(records, Status::ok, &TrialRecord::status));
}

// Each trial of the plan, and how often it is there as ok.
std::map<std::pair<std::string, std::uint32_t>, int> trials_of(const std::vector<TrialRecord>& records) {
  std::map<std::pair<std::string, std::uint32_t>, int> times;
  for (const TrialRecord& record : records) {
    if (record.status == Status::ok) ++times[{record.spec.model, record.spec.repetition}];
  }
  return times;
}

TEST(resume, a_sweep_that_was_killed_goes_on_where_it_was) {
  for (const char* name : {"results.csv", "results.json"}) {
    const Folder folder;
    const std::string file = folder / name;
    Program killed(program, plan("pool,threads", file, {"-r", "5"}));
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::sleep_for(10ms);
      std::error_code none;
      if (std::filesystem::file_size(file, none) > 4000 && !none) break;
    }
    killed.signal(SIGKILL);
    killed.wait();
    const std::size_t before = good(read_records(file));
    ASSERT_GE(before, 1U);
    ASSERT_LT(before, 15U);
    const Outcome resumed = run(program, plan("pool,threads", file, {"-r", "5", "--resume"}));
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_NE(resumed.err.find(std::to_string(before) + " of 15 trials are in"), std::string::npos) << resumed.err;
    const auto times = trials_of(read_records(file));
    EXPECT_EQ(times.size(), 15U);
    for (const auto& [trial, count] : times) EXPECT_EQ(count, 1) << trial.first << " " << trial.second;
    for (const char* model : {"sequential", "pool", "threads"}) {
      EXPECT_NE(resumed.out.find(model), std::string::npos) << "the table shows all of it\n" << resumed.out;
    }
    EXPECT_NE(resumed.out.find(" x 5"), std::string::npos) << resumed.out;
    const Outcome again = run(program, plan("pool,threads", file, {"-r", "5", "--resume"}));
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_NE(again.err.find("none is left"), std::string::npos) << again.err;
    EXPECT_EQ(good(read_records(file)), 15U);
  }
}

TEST(resume, efficiency_and_speedup_rest_on_the_baseline_that_is_on_file) {
  const Folder folder;
  const std::string file = folder / "results.csv";
  ASSERT_EQ(run(program, plan("sequential", file, {"-r", "1"})).exit_code, 0);
  ASSERT_EQ(run(program, plan("pool", file, {"-r", "1", "--resume"})).exit_code, 0);
  const auto records = read_records(file);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].spec.model, "pool");
  EXPECT_GT(records[1].ideal_per_s, 0) << "from the demands of the record before";
}

TEST(resume, what_failed_is_run_again_and_its_row_stays) {
  const Folder folder;
  const std::string file = folder / "results.csv";
  const std::vector<std::string> arguments{"--model", "crash,null", "-w",   "noop",     "-n",  "1",  "-r",
                                           "1",       "-d",         "50ms", "--warmup", "5ms", "-o", file};
  EXPECT_EQ(run(program_with_faults, arguments).exit_code, 1);
  auto resumed = arguments;
  resumed.emplace_back("--resume");
  const Outcome outcome = run(program_with_faults, resumed);
  EXPECT_EQ(outcome.exit_code, 1) << "it crashed again";
  EXPECT_NE(outcome.err.find("2 of 3 trials"), std::string::npos) << outcome.err;
  EXPECT_EQ(read_records(file).size(), 4U);
}

TEST(resume, another_plan_is_refused_and_says_how_it_differs) {
  const Folder folder;
  const std::string file = folder / "results.csv";
  ASSERT_EQ(run(program, plan("pool", file, {"-r", "2", "--no-baseline"})).exit_code, 0);
  const std::string before = read_file(file);
  const std::vector<std::pair<std::vector<std::string>, std::string>> others{
      {{"--model", "pool", "-w", "sleep", "-p", "delay=2ms", "-n", "1", "-c", "4", "-d", "100ms", "--warmup", "20ms"},
       "--warmup 10ms, and this plan has --warmup 20ms"},
      {{"--model", "pool", "-w", "sleep", "-p", "delay=2ms", "-n", "1", "-c", "4", "-d", "100.0001ms", "--warmup",
        "10ms"},
       "--duration 100000000ns, and this plan has --duration 100000100ns"},
      {{"--model", "pool", "-w", "sleep", "-p", "delay=3ms", "-n", "1", "-c", "4", "-d", "100ms", "--warmup", "10ms"},
       "delay=2ms"},
      {{"--model", "threads", "-w", "sleep", "-p", "delay=2ms", "-n", "1", "-c", "4", "-d", "100ms", "--warmup",
        "10ms"},
       "the model pool"},
      {{"--model", "pool", "-w", "sleep", "-p", "delay=2ms", "-n", "2", "-c", "4", "-d", "100ms", "--warmup", "10ms"},
       "--workers 1, and this plan has --workers 2"},
      {{"--model", "pool", "-w", "sleep", "-p", "delay=2ms", "-n", "1", "-c", "4", "-t", "10"},
       "a load that is closed"}};
  for (auto [arguments, says] : others) {
    arguments.insert(arguments.end(), {"--no-baseline", "-r", "2", "-o", file, "--resume"});
    const Outcome outcome = run(program, arguments);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(says), std::string::npos) << outcome.err;
  }
  const Outcome seed = run(program, plan("pool", file, {"-r", "2", "--no-baseline", "--resume", "--seed", "7"}));
  EXPECT_EQ(seed.exit_code, 2);
  EXPECT_NE(seed.err.find("seed 1"), std::string::npos) << seed.err;
  const Outcome fewer = run(program, plan("pool", file, {"-r", "1", "--no-baseline", "--resume"}));
  EXPECT_EQ(fewer.exit_code, 2);
  EXPECT_NE(fewer.err.find("repetition 2"), std::string::npos) << fewer.err;
  EXPECT_EQ(read_file(file), before) << "nothing was measured";
}

TEST(resume, without_a_file_that_can_be_read_back_is_a_usage_error) {
  EXPECT_EQ(run(program, {"-m", "pool", "-w", "noop", "--resume"}).exit_code, 2);
  const Outcome outcome = run(program, {"-m", "pool", "-w", "noop", "--resume", "-o", "-"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("-o results.csv"), std::string::npos) << outcome.err;
}

TEST(resume, goes_by_the_files_that_can_be_read_whatever_the_case_of_their_names) {
  const Folder folder;
  const auto arguments = [&](const std::string& csv, const std::vector<std::string>& more) {
    std::vector<std::string> all{"-r", "1", "--no-baseline", "-o", folder / "all.gbench.json"};
    all.insert(all.end(), more.begin(), more.end());
    return plan("pool", folder / csv, all);
  };
  for (const char* csv : {"all.csv", "ALL.CSV"}) {
    ASSERT_EQ(run(program, arguments(csv, {})).exit_code, 0);
    const Outcome again = run(program, arguments(csv, {"--resume"}));
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_NE(again.err.find("none is left"), std::string::npos) << again.err;
  }
}

TEST(resume, a_file_that_would_never_get_what_another_one_holds_is_refused) {
  const Folder folder;
  const std::string csv = folder / "all.csv";
  const std::string json = folder / "all.json";
  const auto with_json = [&](const std::string& repetitions) {
    return run(program, plan("pool", csv, {"-r", repetitions, "--no-baseline", "--resume", "-o", json}));
  };
  ASSERT_EQ(run(program, plan("pool", csv, {"-r", "2", "--no-baseline"})).exit_code, 0);
  const Outcome refused = with_json("2");
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_NE(refused.err.find(json + " lacks 2 trials that " + csv + " holds"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("cbench convert " + csv + " -o " + json), std::string::npos) << refused.err;

  ASSERT_EQ(run(program, {"convert", csv, "-o", json}).exit_code, 0);
  EXPECT_EQ(with_json("2").exit_code, 0) << "it does what it says";
  ASSERT_EQ(run(program, plan("pool", csv, {"-r", "3", "--no-baseline", "--resume"})).exit_code, 0);
  const Outcome partly = with_json("3");
  EXPECT_EQ(partly.exit_code, 2) << partly.err;
  EXPECT_NE(partly.err.find(json + " lacks 1 trial that"), std::string::npos) << partly.err;
  EXPECT_NE(partly.err.find("cbench convert " + json + " " + csv + " -o both.json"), std::string::npos) << partly.err;
}

TEST(resume, with_a_precision_to_reach_counts_what_is_there) {
  const Folder folder;
  const std::string file = folder / "results.csv";
  const std::vector<std::string> asked{"--precision", "0.1%", "-r", "2", "--no-baseline", "--max-repetitions"};
  auto first = plan("pool", file, asked);
  first.emplace_back("3");
  ASSERT_EQ(run(program, first).exit_code, 0);
  auto second = plan("pool", file, asked);
  second.insert(second.end(), {"5", "--resume"});
  ASSERT_EQ(run(program, second).exit_code, 0);
  const auto times = trials_of(read_records(file));
  EXPECT_LE(times.size(), 5U);
  for (const auto& [trial, count] : times) EXPECT_EQ(count, 1) << trial.second;
}

TEST(resume, with_a_precision_to_reach_has_a_peer_where_all_first_repetitions_are_there) {
  const Folder folder;
  const std::string file = folder / "results.csv";
  std::vector<std::string> arguments = plan("pool", file, {"--no-baseline", "-r", "2", "--precision", "0.1%"});
  std::ranges::replace(arguments, "sleep", "io");
  auto first = arguments;
  first.insert(first.end(), {"--max-repetitions", "2"});
  ASSERT_EQ(run(program, first).exit_code, 0);
  const std::size_t before = good(read_records(file));
  arguments.insert(arguments.end(), {"--max-repetitions", "4", "--resume"});
  const Outcome second = run(program, arguments);
  EXPECT_EQ(second.exit_code, 0) << second.err;
  const std::vector<TrialRecord> records = read_records(file);
  EXPECT_EQ(good(records), records.size());
  EXPECT_GT(records.size(), before);
}

}  // namespace
}  // namespace cbench::testing
