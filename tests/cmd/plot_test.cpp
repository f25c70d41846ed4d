// `cbench plot`, and what it has in common with `cbench summary`: stored files, bad ones, and several hosts.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "reports/files/csv.hpp"
#include "reports/files/json.hpp"
#include "tests/support/program.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench::testing {
namespace {

Outcome cbench(const std::vector<std::string>& arguments) { return run(CBENCH_PROGRAM, arguments); }

std::string stored(const ScratchFolder& folder, const std::string& name, const std::vector<TrialRecord>& records) {
  const std::string path = folder.path(name);
  const auto sink = name.ends_with(".csv") ? open_csv(path) : open_json(path);
  for (const TrialRecord& record : records) sink->add(record);
  return path;
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& what) {
  const Outcome outcome = cbench(arguments);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(has(outcome.err, what));
}

TEST(summary_and_plot, hosts_stand_apart) {
  const ScratchFolder folder;
  std::vector<TrialRecord> other = sample_io();
  for (TrialRecord& record : other) record.host.cpu_model = "Other CPU";
  const std::vector<std::string> files{stored(folder, "a.csv", sample_io()), stored(folder, "b.json", other)};
  const Outcome tables = cbench({"summary", files[0], files[1]});
  EXPECT_EQ(tables.exit_code, 0) << tables.err;
  EXPECT_TRUE(has(tables.out, "Example CPU, 2 cores\n"));
  EXPECT_TRUE(has(tables.out, "Other CPU\n"));
  EXPECT_TRUE(has(tables.out, "not comparable"));
  const Outcome charts = cbench({"plot", files[0], files[1]});
  EXPECT_EQ(charts.exit_code, 0) << charts.err;
  EXPECT_TRUE(has(charts.out, "On Other CPU\n"));
}

TEST(summary_and_plot, bad_files_are_named) {
  const ScratchFolder folder;
  for (const std::string command : {"summary", "plot"}) {
    expect_usage_error({command}, "FILES");
    expect_usage_error({command, folder.path("missing.csv")}, "missing.csv: No such file");
    expect_usage_error({command, folder.file("empty.json", "")}, "empty.json: the file is empty");
    expect_usage_error({command, folder.file("broken.json", "{")}, "broken.json");
    expect_usage_error({command, folder.file("notes.txt", "")}, "notes.txt");
    expect_usage_error({command, folder.file("points.csv", "n,x\n1,2\n")}, "points.csv");
  }
}

TEST(plot, is_80_columns_wide_and_without_colour_when_piped) {
  const ScratchFolder folder;
  const Outcome outcome = cbench({"plot", stored(folder, "run.json", sample_cpu_sweep())});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(has(outcome.out, "speedup over one worker"));
  EXPECT_TRUE(has(outcome.out, "response time"));
  EXPECT_FALSE(has(outcome.out, "\x1b"));
}

TEST(plot, says_what_to_measure_where_there_is_nothing_to_draw) {
  const ScratchFolder folder;
  const std::string results = stored(folder, "run.csv", sample_io());
  expect_usage_error({"plot", results, "--kind", "speedup"}, "--workers 1,2,4");
  expect_usage_error({"plot", results, "--kind", "load"}, "--concurrency");
  expect_usage_error({"plot", results, "--kind", "latnecy"}, "did you mean latency");
}

TEST(summary_and_plot, help_teaches_by_example) {
  EXPECT_TRUE(has(cbench({"summary", "--help"}).out, "cbench summary results.json -o summary.json"));
  EXPECT_TRUE(has(cbench({"plot", "--help"}).out, "cbench plot results.json"));
}

}  // namespace
}  // namespace cbench::testing
