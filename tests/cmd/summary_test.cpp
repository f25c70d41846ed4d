// `cbench summary` and its file, as their users meet them.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reports/files/formats.hpp"
#include "reports/findings/laws/block_laws.hpp"
#include "reports/shown/table.hpp"
#include "tests/support/program.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench::testing {
namespace {

Outcome cbench(const std::vector<std::string>& arguments) { return run(CBENCH_PROGRAM, arguments); }

std::string stored(const ScratchFolder& folder, const std::string& name, const std::vector<TrialRecord>& records) {
  const std::string path = folder.path(name);
  const auto sink = open_sink(path);
  for (const TrialRecord& record : records) sink->add(record);
  return path;
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& what) {
  const Outcome outcome = cbench(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(has(outcome.err, what));
}

Outcome summary(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "summary");
  return run(CBENCH_PROGRAM, arguments);
}

TEST(summary, a_stored_run_is_shown_as_it_was_printed) {
  const ScratchFolder folder;
  auto blocks = blocks_of(sample_cpu_sweep());
  for (Block& block : blocks) add_laws(block);
  const Outcome outcome = cbench({"summary", stored(folder, "run.json", sample_cpu_sweep())});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, render_table(blocks, {.width = 100}));
}

TEST(summary, the_json_is_printed_or_written) {
  const ScratchFolder folder;
  const std::string results = stored(folder, "run.json", sample_io());
  const Outcome printed = cbench({"summary", results, "--json"});
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_EQ(nlohmann::json::parse(printed.out)["summary_version"], 1);
  const std::string path = folder.file("summary.json", "{\"summary_version\": 1}");
  const Outcome written = cbench({"summary", results, "-o", path});
  EXPECT_EQ(written.exit_code, 0) << written.err;
  EXPECT_EQ(written.out, "");
  EXPECT_EQ(folder.text("summary.json"), printed.out);
}

TEST(summary, its_own_input_is_never_overwritten) {
  const ScratchFolder folder;
  const std::string results = stored(folder, "run.json", sample_io());
  const std::string before = folder.text("run.json");
  expect_usage_error({"summary", results, "-o", results}, "name another file");
  expect_usage_error({"summary", results, "-o", folder.path("./run.json")}, "name another file");
  EXPECT_EQ(folder.text("run.json"), before);
  expect_usage_error({"summary", results, "-o", folder.path("run.csv")}, ".json");
  const Outcome unwritable = cbench({"summary", results, "-o", folder.path("missing/summary.json")});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_TRUE(has(unwritable.err, "No such file or directory"));
}

TEST(summary, a_file_of_results_is_never_replaced) {
  const ScratchFolder folder;
  const std::string csv = stored(folder, "r.csv", sample_io());
  const std::string json = stored(folder, "other.json", sample_io());
  std::filesystem::create_symlink("other.json", folder.path("link.json"));
  const std::string before = read_file(json);
  for (const std::string& output : {json, folder.path("link.json")}) {
    const Outcome outcome = summary({csv, "-o", output});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(has(outcome.err, "it holds 15 trials, which a summary would replace; name another file"))
        << outcome.err;
    EXPECT_EQ(read_file(json), before);
  }
}

TEST(summary, what_is_no_summary_is_never_replaced) {
  const ScratchFolder folder;
  const std::string csv = stored(folder, "r.csv", sample_io());
  for (const std::string text : {"{\"mine\": 1}", "[1, 2]", "not JSON", "{\"summary_version\": 1, \"cut"}) {
    std::ofstream(folder.path("mine.json")) << text;
    const Outcome outcome = summary({csv, "-o", folder.path("mine.json")});
    EXPECT_EQ(outcome.exit_code, 2) << text;
    EXPECT_TRUE(has(outcome.err, "it holds no summary, which a summary would replace")) << outcome.err;
    EXPECT_EQ(read_file(folder.path("mine.json")), text);
  }
}

TEST(summary, another_summary_an_empty_file_and_a_new_one_are_written) {
  const ScratchFolder folder;
  const std::string csv = stored(folder, "r.csv", sample_io());
  std::ofstream(folder.path("empty.json"));
  for (const std::string name : {"new.json", "new.json", "empty.json"}) {
    EXPECT_EQ(summary({csv, "-o", folder.path(name)}).exit_code, 0);
    EXPECT_EQ(nlohmann::json::parse(read_file(folder.path(name)))["summary_version"], 1);
  }
}

TEST(summary, a_summary_is_no_file_of_results) {
  const ScratchFolder folder;
  const std::string csv = stored(folder, "r.csv", sample_io());
  ASSERT_EQ(summary({csv, "-o", folder.path("s.json")}).exit_code, 0);
  const std::string before = read_file(folder.path("s.json"));
  EXPECT_NE(run(CBENCH_PROGRAM, {"-m", "pool", "-w", "noop", "-d", "20ms", "-o", folder.path("s.json")}).exit_code, 0);
  EXPECT_EQ(read_file(folder.path("s.json")), before);
  for (const std::string command : {"plot", "summary"}) {
    const Outcome outcome = run(CBENCH_PROGRAM, {command, folder.path("s.json")});
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_TRUE(
        has(outcome.err, "s.json is a summary, which cannot be read back; give the results that it was made of"))
        << outcome.err;
  }
}

TEST(summary, what_was_passed_over_is_said_beside_the_tables) {
  const ScratchFolder folder;
  const std::string csv = stored(folder, "r.csv", sample_io());
  const std::string text = read_file(csv);
  std::ofstream(csv, std::ios::app) << text.substr(text.rfind('\n', text.size() - 2) + 1, 40);
  const Outcome outcome = summary({csv});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(has(outcome.out, "fibers"));
  EXPECT_TRUE(has(outcome.err, "r.csv:17: the last row was cut off when what wrote it ended; it is passed over"));
}

}  // namespace
}  // namespace cbench::testing
