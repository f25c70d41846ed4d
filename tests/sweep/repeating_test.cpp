// `cbench run --precision`: cells are repeated until they are known well enough, each for itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"

namespace cbench::testing {
namespace {

const std::string program = CBENCH_PROGRAM;
const std::string program_with_faults = CBENCH_PROGRAM_WITH_FAULTS;

std::vector<std::string> arguments_for(const std::string& models, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"--model",    models, "--workload", "noop", "--workers",    "1",
                                     "--duration", "30ms", "--warmup",   "5ms",  "--no-baseline"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::ptrdiff_t trials_of(const std::vector<TrialRecord>& records, const std::string& model) {
  return std::count_if(records.begin(), records.end(), [&](const TrialRecord& r) { return r.spec.model == model; });
}

TEST(repeating, ends_at_the_least_number_where_the_precision_is_there_already) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome = run(program, {"--model", "sequential", "--workload", "sleep", "--duration", "800ms",
                                        "--warmup", "5ms", "--precision", "50%", "-o", csv});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_records(csv).size(), 5U) << "so many where --repetitions is not given";
  EXPECT_EQ(outcome.out.find("Not known to within"), std::string::npos) << outcome.out;
}

TEST(repeating, goes_on_to_the_cap_and_names_the_cells_that_did_not_get_there) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome =
      run(program,
          arguments_for("pool", {"--precision", "0.1%", "--repetitions", "2", "--max-repetitions", "6", "-o", csv}));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto records = read_records(csv);
  ASSERT_EQ(records.size(), 6U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].spec.repetition, i + 1);
    EXPECT_EQ(records[i].spec.seed, i + 1) << "each repetition has the next seed";
  }
  EXPECT_NE(outcome.out.find("Not known to within ±0.1% after 6 repetitions"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("pool on 1 worker"), std::string::npos) << outcome.out;
}

TEST(repeating, leaves_out_the_cells_that_are_decided) {
  const Folder folder;
  const std::string csv = folder / "results.csv";
  const Outcome outcome = run(
      program_with_faults,
      arguments_for("crash,null", {"--precision", "0.1%", "--repetitions", "2", "--max-repetitions", "5", "-o", csv}));
  EXPECT_EQ(outcome.exit_code, 1);
  const auto records = read_records(csv);
  EXPECT_EQ(trials_of(records, "crash"), 2) << "more of it would tell nothing";
  EXPECT_EQ(trials_of(records, "null"), 5);
  EXPECT_NE(outcome.out.find("since a repetition failed: crash"), std::string::npos) << outcome.out;
}

TEST(repeating, is_asked_for_in_one_way_only) {
  const auto error_of = [](const std::vector<std::string>& more) {
    const Outcome outcome = run(program, arguments_for("pool", more));
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    return outcome.err;
  };
  EXPECT_NE(error_of({"--precision", "2"}).find("--precision"), std::string::npos);
  EXPECT_NE(error_of({"--precision", "0"}).find("between 0.1% and 50%"), std::string::npos);
  EXPECT_NE(error_of({"--precision", "2%", "--max-repetitions", "1"}).find("between 2 and"), std::string::npos);
  EXPECT_NE(error_of({"--precision", "2%", "-r", "9", "--max-repetitions", "8"}).find("must not be less"),
            std::string::npos);
  EXPECT_NE(error_of({"--max-repetitions", "8"}).find("without it, give --repetitions"), std::string::npos);
}

}  // namespace
}  // namespace cbench::testing
