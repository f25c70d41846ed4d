// `cbench advise` as a service owner types it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/fitted.hpp"

namespace cbench::testing {
namespace {

using Json = nlohmann::json;

const std::string program = CBENCH_PROGRAM;

Outcome advise(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "advise");
  return run(program, arguments);
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& what) {
  const Outcome outcome = advise(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(has(outcome.err, what));
}

// One worker that blocks holds a hundredth of what one holds that does not: no machine is so busy as to hide that.
TEST(advise, tells_blocked_workers_from_others_and_keeps_the_records) {
  const Folder folder;
  const std::string path = folder / "trials.csv";
  const Outcome outcome = advise({"sleep", "-m", "eventloop,pool", "-p", "delay=20ms", "-c", "100", "-n", "1", "--time",
                                  "8s", "-o", path, "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.err, "sleep: 2 models, ")) << "the estimate comes first";
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["workload"], "sleep");
  EXPECT_TRUE(json["decided"].get<bool>()) << outcome.out;
  EXPECT_EQ(json["chosen"], Json::array({"eventloop"}));
  EXPECT_TRUE(has(json["by_how_much"].get<std::string>(), "pool"));
  EXPECT_EQ(json["models"].size(), 2U) << "the baseline is none of them";
  EXPECT_EQ(json["models"][0]["model"], "eventloop");
  EXPECT_EQ(json["models"][0]["tier"], 1);
  EXPECT_GT(json["models"][1]["tier"], 1);
  const std::string changes = json["would_change"].dump();
  // What limits a model beside others who had the CPUs cannot be told.
  if (changes.find("A quiet machine") == std::string::npos) {
    EXPECT_TRUE(has(changes, "More workers than 1 (-n): each of those of pool"));
  }
  EXPECT_TRUE(has(json["not_tried"].dump(), "other numbers of workers than 1"));
  EXPECT_TRUE(has(json["not_tried"].dump(), "not named by --model"));
  const std::string records = read_file(path);
  EXPECT_GE(std::ranges::count(records, '\n'), 1 + 3 * 3) << "three trials of each, and of the baseline";
}

TEST(advise, answers_in_labelled_sentences_above_a_table_of_80_columns) {
  setenv("COLUMNS", "80", 1);
  const Outcome outcome =
      advise({"sleep", "-m", "eventloop,pool", "-p", "delay=20ms", "-c", "100", "-n", "1", "--time", "8s", "-q"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(begins(outcome.out, "Choose: eventloop."));
  std::size_t at = 0;
  for (const char* label : {"Choose: ", "\nBy how much: ", "\nWhat would change it: ", "\nNot tried: ", "sleep: "}) {
    const std::size_t found = outcome.out.find(label, at);
    ASSERT_NE(found, std::string::npos) << label << " in\n" << outcome.out;
    at = found;
  }
  EXPECT_EQ(outcome.err, "");
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80U) << line;
}

TEST(advise, at_a_rate_says_who_serves_it) {
  const Outcome outcome = advise({"sleep", "-m", "eventloop,pool", "-p", "delay=20ms", "-n", "1", "--rate", "500",
                                  "--time", "15s", "--json", "-q", "--keep-awake"});
  ASSERT_LE(outcome.exit_code, 1) << "1 where the machine is so busy that every trial is invalid: " << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["rate_per_s"], 500);
  EXPECT_EQ(json["host"]["idle"], "kept awake") << "the host as the trials found it";
  for (const Json& model : json["models"]) {
    if (model["model"] == "pool") {
      EXPECT_NE(model["serves"], "yes") << "one worker serves 50 a second";
    }
  }
  EXPECT_EQ(std::ranges::count(json["chosen"], Json("pool")), 0);
}

TEST(advise, with_objectives_alone_says_how_far_each_goes) {
  const Outcome outcome = advise({CBENCH_SOURCE "/examples/checkout.json", "-m", "eventloop,pool", "--slo",
                                  "browse:p99<200ms", "--time", "12s", "--json", "-q"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["slo"], "browse:p99<200ms");
  EXPECT_EQ(json["capacity"]["slos"][0]["models"].size(), 2U);
}

TEST(advise, with_objectives_alone_says_how_tasks_arrive) {
  const Folder folder;
  const std::string path = folder / "trials.csv";
  const Outcome outcome = advise({"sleep", "-p", "delay=1ms", "-m", "eventloop", "--slo", "p99<500ms", "--arrivals",
                                  "constant", "--time", "5s", "--json", "-q", "-o", path});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::size_t open = 0;
  for (const TrialRecord& record : read_records(path)) {
    if (record.spec.load.kind != LoadKind::open) continue;
    ++open;
    EXPECT_FALSE(record.spec.load.poisson);
  }
  EXPECT_GT(open, 0U);
  expect_usage_error({"io", "--arrivals", "constant"}, "give --rate, too");
}

TEST(advise, refuses_what_cannot_be_before_anything_runs) {
  expect_usage_error({"checkuot"}, "unknown workload");
  expect_usage_error({"mixd"}, "did you mean mixed?");
  expect_usage_error({"io", "--rate", "0"}, "more than 0");
  expect_usage_error({"io", "--rate", "1k,2k"}, "advice is on one rate");
  expect_usage_error({"io", "--slo", "fast"}, "is no objective");
  expect_usage_error({CBENCH_SOURCE "/examples/checkout.json", "--slo", "p99<5ms"}, "say of which");
  expect_usage_error({"io,cpu"}, "name one");
  expect_usage_error({"io", "--model", "fibres"}, "did you mean fibers?");
  expect_usage_error({"io", "--time", "1s"}, "--time 1s is too short");
  expect_usage_error({"io", "--rate", "10/s", "--slo", "p99<40ms"}, "1.00k requests in a trial");
  expect_usage_error({"io", "--slo", "p99<40ms", "-n", "1,2"}, "one number of --workers");
  expect_usage_error({"io", "-o", "-"}, "the answer goes to standard output");
  expect_usage_error({}, "WORKLOAD");
}

TEST(advise, help_teaches_by_example) {
  const Outcome help = advise({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_TRUE(has(help.out, "cbench advise io --rate 20k/s --slo 'p99<40ms'"));
  EXPECT_TRUE(has(run(program, {"complete", "--", "adv"}).out, "advise"));
  EXPECT_TRUE(has(run(program, {"complete", "--", "advise", "mi"}).out, "mixed"));
}

}  // namespace
}  // namespace cbench::testing
