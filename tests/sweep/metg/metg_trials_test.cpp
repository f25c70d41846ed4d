// `cbench metg` as its users meet it: the table, JSON, the trials in a file, and what it refuses.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/fitted.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;

Outcome metg(std::vector<std::string> more) {
  std::vector<std::string> arguments{"metg", "--duration", "30ms", "--warmup", "10ms", "--repetitions", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(program, arguments);
}

TEST(metg_command, finds_a_smallest_task_and_keeps_every_trial) {
  const Folder folder;
  const std::string csv = folder / "metg.csv";
  const Outcome outcome = metg({"--model", "threads", "--efficiency", "30%,50%", "--json", "-o", csv});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json["phase"], "compute");
  const auto& threads = json["models"][0];
  EXPECT_EQ(threads["model"], "threads");
  ASSERT_EQ(threads["metg"].size(), 2U);
  for (const auto& metg : threads["metg"]) {
    if (!metg["refused"].is_null()) {
      ASSERT_TRUE(has(metg["refused"].get<std::string>(), "other processes used the CPUs"));
      GTEST_SKIP() << "the machine was not quiet for a single trial of some size";
    }
  }
  // A thread for each task costs far more than a nanosecond and far less than the largest size.
  const double smaller = threads["metg"][0]["metg_us"];
  const double larger = threads["metg"][1]["metg_us"];
  EXPECT_GT(smaller, 0.1);
  EXPECT_LE(smaller, larger);
  EXPECT_LT(larger, 10'000);
  EXPECT_GE(threads["sizes"].size(), 4U);

  std::set<double> sizes;
  const auto records = read_records(csv);
  EXPECT_EQ(records.size(), json["trials"]) << "those that were left out too";
  for (const TrialRecord& record : records) {
    EXPECT_EQ(record.spec.workload, "cpu");
    EXPECT_EQ(record.spec.parameters.at("kernel"), "mix");
    if (record.spec.model != "threads") continue;
    if (record.status != Status::ok) continue;  // on a busy machine: its size came again
    EXPECT_GT(record.efficiency, 0);
    sizes.insert(std::stod(record.spec.parameters.at("amount")));
  }
  EXPECT_GE(sizes.size(), threads["sizes"].size());
}

TEST(metg_command, refuses_a_size_where_a_side_is_missing_and_says_why) {
  const Outcome outcome = metg({"--model", "pool", "--phase", "wait", "--workers", "1", "--concurrency", "64"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("refused"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("no point on the upper side"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("A model whose workers block waits with 1 of the 64"), std::string::npos) << outcome.out;
}

TEST(metg_command, says_of_two_workers_that_half_of_the_ideal_means_nothing) {
  const Outcome outcome = metg({"--model", "sequential,pool", "--workers", "2", "--concurrency", "8"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find("50 % says nothing on 2 CPUs"), std::string::npos) << outcome.out;
  for (const char* column : {"75 %", "80 %", "90 %"}) {
    EXPECT_NE(outcome.out.find(column), std::string::npos) << outcome.out;
  }
  for (std::size_t begin = 0; begin < outcome.out.size();) {
    const std::size_t end = outcome.out.find('\n', begin);
    EXPECT_LE(display_width(outcome.out.substr(begin, end - begin)), 100U);
    begin = end + 1;
  }
}

TEST(metg_command, bad_input_says_what_is_expected) {
  const auto error_of = [](const std::vector<std::string>& more) {
    const Outcome outcome = metg(more);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_NE(error_of({"--model", "fibres"}).find("fibers"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "--phase", "think"}).find("--phase"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "--efficiency", "100%"}).find("between 1% and 99%"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "--efficiency", "half"}).find("--efficiency"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "--workers", "0"}).find("--workers"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "--repetitions", "0"}).find("--repetitions"), std::string::npos);
  EXPECT_NE(error_of({"--model", "pool", "-o", "metg.xls"}).find("metg.xls"), std::string::npos);
  EXPECT_NE(error_of({}).find("--model"), std::string::npos);
}

}  // namespace
}  // namespace cbench::testing
