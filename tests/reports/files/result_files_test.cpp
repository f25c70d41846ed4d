// Several files as one: by host, each trial once, and bad ones named.
#include "reports/files/result_files.hpp"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/files/csv.hpp"
#include "reports/files/json.hpp"
#include "reports/findings/cells.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

std::string write_csv(const ScratchFolder& folder, const std::string& name, const std::vector<TrialRecord>& records) {
  const std::string path = folder.path(name);
  CsvWriter writer(path);
  for (const TrialRecord& record : records) writer.add(record);
  return path;
}

std::string write_json(const ScratchFolder& folder, const std::string& name, const std::vector<TrialRecord>& records) {
  const std::string path = folder.path(name);
  JsonWriter writer(path);
  for (const TrialRecord& record : records) writer.add(record);
  return path;
}

std::vector<TrialRecord> on_other_host(std::vector<TrialRecord> records) {
  for (TrialRecord& record : records) record.host.cpu_model = "Other CPU, 64 cores";
  return records;
}

TEST(Results, a_trial_in_two_formats_counts_once_and_keeps_its_histograms) {
  const ScratchFolder folder;
  const std::vector<std::string> files{write_csv(folder, "a.csv", sample_io()),
                                       write_json(folder, "a.json", sample_io())};
  const Results results = read_results(files);
  ASSERT_EQ(results.hosts.size(), 1U);
  EXPECT_EQ(results.hosts[0].records.size(), sample_io().size());
  EXPECT_EQ(results.files[0].repeated, 0U);
  EXPECT_EQ(results.files[1].repeated, sample_io().size());
  for (const TrialRecord& record : results.hosts[0].records) EXPECT_TRUE(record.response.histogram.has_value());
}

TEST(Results, two_runs_of_one_host_are_more_repetitions) {
  const ScratchFolder folder;
  std::vector<TrialRecord> later = sample_io();
  for (TrialRecord& record : later) record.started_at = "2024-05-18T09:30:00Z";
  const std::vector<std::string> files{write_json(folder, "a.json", sample_io()), write_json(folder, "b.json", later)};
  const Results results = read_results(files);
  ASSERT_EQ(results.hosts.size(), 1U);
  EXPECT_EQ(results.files[1].repeated, 0U);
  const std::vector<Block> blocks = blocks_of(results.hosts[0].records);
  for (const Cell& cell : blocks.front().cells) EXPECT_EQ(cell.trials(), 6U);
}

TEST(Results, hosts_never_share_a_cell) {
  const ScratchFolder folder;
  std::vector<TrialRecord> other_library = sample_io();
  for (TrialRecord& record : other_library) record.build.libraries["libuv"] = "1.99";
  const std::vector<std::string> files{write_csv(folder, "a.csv", sample_io()),
                                       write_csv(folder, "b.csv", on_other_host(sample_io())),
                                       write_csv(folder, "c.csv", other_library)};
  const Results results = read_results(files);
  ASSERT_EQ(results.hosts.size(), 3U);
  std::set<std::string> names;
  for (const HostResults& host : results.hosts) {
    names.insert(host.name);
    EXPECT_EQ(host.records.size(), sample_io().size());
  }
  EXPECT_EQ(names.size(), 3U);
  EXPECT_TRUE(results.hosts[0].differences.empty());
  EXPECT_TRUE(has(results.hosts[1].differences.at(0), "Other CPU"));
  EXPECT_TRUE(has(results.hosts[2].name, "libuv 1.99"));
}

TEST(Results, bad_files_are_usage_errors_that_name_them) {
  const ScratchFolder folder;
  const auto error_of = [](const std::vector<std::string>& files) -> std::string {
    try {
      read_results(files);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(has(error_of({}), "name a file"));
  EXPECT_TRUE(has(error_of({folder.path("missing.csv")}), "missing.csv: No such file"));
  EXPECT_TRUE(has(error_of({folder.file("empty.csv", "")}), "empty.csv: the file is empty"));
  EXPECT_TRUE(has(error_of({folder.file("empty.json", "")}), "empty.json: the file is empty"));
  EXPECT_TRUE(has(error_of({folder.file("header.csv", csv_header() + "\n")}), "header.csv: no trials in it"));
  EXPECT_TRUE(has(error_of({folder.file("notes.txt", "x")}), "notes.txt: a file of results ends with"));
  EXPECT_TRUE(has(error_of({write_csv(folder, "good.csv", sample_io()), folder.file("cut.json", "{\"trials\": [")}),
                  "cut.json"));
}

}  // namespace
}  // namespace cbench
