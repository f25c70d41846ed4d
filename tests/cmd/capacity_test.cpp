// `cbench capacity` as its users meet it: what its open loops hold in flight is what the model and the process can.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench::testing {
namespace {

using Json = nlohmann::json;

const std::string program = CBENCH_PROGRAM;

TEST(capacity_command, gives_a_model_no_more_slots_than_it_can_have) {
  const Outcome outcome = run(program, {"capacity", "-m", "sequential", "-w", "sleep", "-p", "delay=2ms", "--slo",
                                        "p99<1s", "--time", "5s", "-q", "--json"});
  const Json model = Json::parse(outcome.out)["searches"][0];
  EXPECT_EQ(model["slots"], 1) << outcome.out;
}

TEST(capacity_command, says_where_the_process_cannot_open_the_connections_of_its_slots) {
  const Folder folder;
  const std::string file = folder / "wide.json";
  std::ofstream(file) << R"({"concurrency": 10, "steps": [{"do": "fan_out", "width": 4,
                             "body": [{"do": "request", "delay": "1ms"}]}]})";
  const Outcome outcome = run("/bin/sh", {"-c", "ulimit -n 2000; exec '" + program + "' capacity -m coroutines -w '" +
                                                    file + "' --slo 'p99<1s' --time 5s -n 1 -q --json"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const Json model = Json::parse(outcome.out)["searches"][0];
  ASSERT_TRUE(model["failed"].is_string()) << outcome.out;
  EXPECT_TRUE(has(model["failed"].get<std::string>(), "4 connections for each of 1,000 tasks in flight make 4,000"));
}

// A closed loop of a thousand that wait 250 ms tells 4,000/s, which is the slots' doing. Its window, of 125 ms by the
// time there is, sees some of them end.
TEST(capacity_command, slots_are_as_many_as_a_rate_and_its_waits_need) {
  const Folder folder;
  const std::string results = folder / "results.csv";
  const Outcome outcome = run(program, {"capacity", "-m", "fibers", "-n", "1", "-w", "sleep", "-p", "delay=250ms",
                                        "--slo", "p99<2s", "--time", "15s", "-q", "-o", results});
  double most = 0;
  for (const TrialRecord& record : read_records(results)) {
    const LoadSpec& load = record.spec.load;
    if (load.kind == LoadKind::closed) {
      EXPECT_EQ(record.status, Status::ok) << record.reason;
      continue;
    }
    EXPECT_GE(load.concurrency, 2 * 0.25 * load.rate_per_s) << load.rate_per_s;
    most = std::max(most, load.rate_per_s);
  }
  EXPECT_GT(most, 8'000) << outcome.err;
}

TEST(capacity_command, every_trial_has_the_warm_up_that_a_manifest_asks_for) {
  const Folder folder;
  std::ifstream original(CBENCH_SOURCE "/tests/protocol/model.json");
  Json manifest = Json::parse(original);
  manifest["command"][1] = CBENCH_SOURCE "/tests/protocol/by_the_page.py";
  manifest["models"][0]["warmup"] = "700ms";
  const std::string file = folder / "model.json";
  std::ofstream(file) << manifest;
  const std::string results = folder / "results.csv";
  run(program, {"capacity", "-m", file, "-w", "sleep", "-p", "delay=2ms", "--slo", "p99<1s", "--time", "5s", "-q", "-o",
                results});
  std::size_t open = 0;
  for (const TrialRecord& record : read_records(results)) {
    EXPECT_GE(record.spec.load.warmup, std::chrono::milliseconds(700)) << name_of(record.spec.load.kind);
    if (record.spec.load.kind == LoadKind::open) ++open;
  }
  EXPECT_GT(open, 0U) << "refused or not, what it was asked for is on record";
}

}  // namespace
}  // namespace cbench::testing
