// `cbench curve` as its users meet it: a planted curve of tasks that wait, the trials in a file, an interrupt, and what
// it refuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/fitted.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

std::vector<std::string> short_curve(std::vector<std::string> more) {
  std::vector<std::string> arguments{"curve", "--duration", "400ms", "--warmup", "100ms", "--repetitions", "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// Tasks that wait for 40 ms, 40 at most, brought at equal distances: nobody queues below 1,000 a second.
const std::vector<std::string> waiting{"--model",    "fibers",     "--workload", "sleep", "--param",
                                       "delay=40ms", "--arrivals", "constant",   "-c",    "40"};

TEST(curve_command, tasks_that_wait_take_what_they_wait_and_littles_law_holds) {
  const Folder folder;
  const std::string file = folder / "curve.json";
  std::vector<std::string> arguments = waiting;
  arguments.insert(arguments.end(), {"--json", "-o", file});
  const Outcome outcome = run(program, short_curve(arguments));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  const auto& model = json["models"][0];
  EXPECT_EQ(model["model"], "fibers");
  EXPECT_EQ(model["closed_loop"]["concurrency"], 40);
  const double closed = model["closed_loop"]["throughput_per_s"];
  EXPECT_LT(closed, 1050) << "40 / 40 ms";
  EXPECT_GT(closed, 500);
  ASSERT_EQ(model["points"].size(), 8U);
  std::size_t ok = 0;
  for (const auto& point : model["points"]) {
    EXPECT_NEAR(point["load"].get<double>(), point["rate_per_s"].get<double>() / closed, 1e-9);
    if (point["verdict"] != "ok") continue;
    ++ok;
    const double served = point["served_per_s"]["value"];
    const double offered = point["offered_per_s"];
    EXPECT_NEAR(offered / point["rate_per_s"].get<double>(), 1, 0.02);
    // At the capacity and beyond it the backlog takes longer to tell than this window.
    if (point["load"].get<double>() < 0.97) {
      // Of 40 tasks in flight one more or less at the ends of the window is 3 to 25 of a second.
      EXPECT_NEAR(served, offered, 0.02 * offered + 10) << point;
      // Mean in flight = throughput x mean time there.
      const double in_flight = point["backlog_mean"];
      EXPECT_NEAR(in_flight, served * point["mean_us"].get<double>() / 1e6, 0.1 * in_flight + 0.5) << point;
    }
    if (point["load"].get<double>() < 0.8) {
      ASSERT_FALSE(point["p50_us"].is_null()) << point;
      EXPECT_NEAR(point["p50_us"]["value"].get<double>(), 40'000, 2000) << point;
    }
  }
  if (ok < 3) GTEST_SKIP() << "the machine was too busy for the generator";

  const auto records = read_records(file);
  EXPECT_EQ(records.size(), json["trials"]);
  EXPECT_EQ(records.size(), 2 + 8 * 2U);
  std::size_t open = 0;
  for (const TrialRecord& record : records) {
    if (record.spec.load.kind != LoadKind::open) continue;
    ++open;
    EXPECT_FALSE(record.spec.load.poisson);
  }
  EXPECT_EQ(open, 16U) << "closed loops first";
  EXPECT_EQ(records.front().spec.load.kind, LoadKind::closed);

  const Outcome plot = run(program, {"plot", file, "--kind", "curve"});
  EXPECT_EQ(plot.exit_code, 0) << plot.err;
  EXPECT_TRUE(has(plot.out, "offered, tasks/s")) << plot.out;
}

TEST(curve_command, the_table_fits_80_columns_and_says_what_became_of_each_rate) {
  ::setenv("COLUMNS", "80", 1);
  std::vector<std::string> arguments = waiting;
  arguments.insert(arguments.end(), {"--points", "4", "-n", "1"});
  const Outcome outcome = run(program, short_curve(arguments));
  ::unsetenv("COLUMNS");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* word :
       {"closed loop", "10%", "95%", "100%", "105%", "offered", "served", "p99", "queued", "status"}) {
    EXPECT_TRUE(has(outcome.out, word)) << word << "\n" << outcome.out;
  }
  for (std::size_t begin = 0; begin < outcome.out.size();) {
    const std::size_t end = outcome.out.find('\n', begin);
    EXPECT_LE(display_width(outcome.out.substr(begin, end - begin)), 80U);
    begin = end + 1;
  }
}

TEST(curve_command, percentiles_over_tasks_of_several_classes_are_called_that_and_each_class_has_its_own) {
  const Outcome outcome = run(program, short_curve({"-m", "fibers", "-w", "mixed", "-p", "heavy=10%", "-p",
                                                    "delay=10ms", "-c", "20", "--points", "4", "-n", "1"}));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.out, "all tasks")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "Response times by class of task:")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "response time of all tasks")) << outcome.out;
  EXPECT_TRUE(has(outcome.out, "offered/s")) << outcome.out;
}

// Lines of records in a CSV that is being written.
std::size_t records_so_far(const std::string& path) {
  const std::string text = read_file(path);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  return lines > 0 ? lines - 1 : 0;
}

TEST(curve_command, an_interrupt_keeps_what_was_measured) {
  const Folder folder;
  const std::string file = folder / "curve.csv";
  Program running(program, {"curve", "-m", "fibers", "-w", "sleep", "-d", "300ms", "-c", "20", "-q", "-o", file});
  // Five closed loops at most; then it is among the open ones.
  for (int i = 0; i < 200 && records_so_far(file) < 5; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  running.signal(SIGINT);
  const Outcome outcome = running.wait();
  EXPECT_EQ(outcome.exit_code, 128 + SIGINT) << outcome.err;
  EXPECT_TRUE(has(outcome.err, "interrupted by SIGINT")) << outcome.err;
  const auto records = read_records(file);
  EXPECT_GE(records.size(), 5U);
  EXPECT_LT(records.size(), 27U);
}

TEST(curve_command, a_model_that_does_not_run_the_workload_has_no_curve_and_the_others_have) {
  const Outcome outcome =
      run(CBENCH_PROGRAM_WITH_FAULTS, {"curve", "-m", "crash,fibers", "-w", "sleep", "-p", "delay=5ms", "-c", "5", "-d",
                                       "100ms", "--warmup", "20ms", "-r", "1", "--points", "4", "--json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(json["models"].size(), 2U);
  EXPECT_TRUE(has(json["models"][0]["failed"].get<std::string>(), "in the closed loop")) << json["models"][0];
  EXPECT_TRUE(json["models"][0]["points"].empty());
  EXPECT_TRUE(json["models"][1]["failed"].is_null());
  EXPECT_EQ(json["models"][1]["points"].size(), 4U);
}

TEST(curve_command, bad_input_says_what_is_expected) {
  const auto error_of = [](std::vector<std::string> more) {
    more.insert(more.begin(), "curve");
    const Outcome outcome = run(program, more);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_TRUE(has(error_of({"-m", "fibres", "-w", "io"}), "fibers"));
  EXPECT_TRUE(has(error_of({"-m", "pool"}), "--workload"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io,cpu"}), "leave out io or cpu"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--points", "3"}), "between 4 and 20"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--points", "21"}), "between 4 and 20"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--arrivals", "uniform"}), "poisson"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--late", "never"}), "shed"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "-r", "0"}), "--repetitions"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "-d", "1ms"}), "at least 10ms"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "-o", "curve.xls"}), "curve.xls"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--json", "-o", "-"}), "leave out one of them"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "-q"}), "--output"));
  EXPECT_TRUE(has(error_of({"-m", "pool", "-w", "io", "--rate", "5k/s"}), "--rate"));
}

TEST(curve_command, help_teaches_by_example) {
  const Outcome help = run(program, {"curve", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(has(help.out, "cbench curve --model fibers,pool --workload io"));
  EXPECT_TRUE(has(help.out, "cbench plot curve.json --kind curve"));
}

}  // namespace
}  // namespace cbench::testing
