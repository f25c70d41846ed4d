// Several files as one: by host, each trial once, and bad ones named.
#include "reports/files/result_files.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/files/csv.hpp"
#include "reports/files/json.hpp"
#include "reports/findings/cells/cells.hpp"
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
  EXPECT_EQ(results.hosts[0].trials.size(), sample_io().size());
  EXPECT_EQ(results.files[0].repeated, 0U);
  EXPECT_EQ(results.files[1].repeated, sample_io().size());
  const Trials& trials = results.hosts[0].trials;
  for (std::size_t i = 0; i < trials.size(); ++i) EXPECT_TRUE(trials[i].has_histograms());
}

TEST(Results, two_runs_of_one_host_are_more_repetitions) {
  const ScratchFolder folder;
  std::vector<TrialRecord> later = sample_io();
  for (TrialRecord& record : later) record.started_at = "2024-05-18T09:30:00Z";
  const std::vector<std::string> files{write_json(folder, "a.json", sample_io()), write_json(folder, "b.json", later)};
  const Results results = read_results(files);
  ASSERT_EQ(results.hosts.size(), 1U);
  EXPECT_EQ(results.files[1].repeated, 0U);
  const std::vector<Block> blocks = blocks_of(results.hosts[0].trials);
  for (const Cell& cell : blocks.front().cells) EXPECT_EQ(cell.trials(), 6U);
}

// Four runs of fixed work within a second, of before trials had ids: nothing tells them apart, and they are four.
std::vector<TrialRecord> alike(std::size_t number) {
  TrialRecord record = sample_record();
  record.spec.load.kind = LoadKind::fixed;
  record.spec.load.tasks = record.tasks = 1000;
  return std::vector<TrialRecord>(number, record);
}

TEST(Results, rows_of_one_file_are_never_taken_for_one_another) {
  const ScratchFolder folder;
  std::vector<TrialRecord> records = alike(4);
  TrialRecord failed;  // as the parent makes it where a process left no record
  failed.spec = sample_record().spec;
  failed.reason = "killed by signal 9";
  failed.host = sample_host();
  failed.build = sample_build();
  append(records, std::vector<TrialRecord>(3, failed));
  for (const std::string& path : {write_csv(folder, "dd.csv", records), write_json(folder, "dd.json", records)}) {
    const Results results = read_results(std::vector<std::string>{path});
    EXPECT_EQ(results.hosts[0].trials.size(), 7U) << path;
    EXPECT_EQ(results.files[0].repeated, 0U);
  }
  const Results both = read_results(std::vector<std::string>{folder.path("dd.csv"), folder.path("dd.json")});
  EXPECT_EQ(both.hosts[0].trials.size(), 7U) << "the second of one file is the second of the other";
  EXPECT_EQ(both.files[1].repeated, 7U);
  const auto more = write_csv(folder, "more.csv", alike(6));
  EXPECT_EQ(read_results(std::vector<std::string>{more, folder.path("dd.csv")}).hosts[0].trials.size(), 9U);
}

TEST(Results, an_id_tells_trials_apart_and_nothing_else_does) {
  const ScratchFolder folder;
  std::vector<TrialRecord> records = alike(3);
  for (std::size_t i = 0; i < 3; ++i) records[i].id = "00000000000000a" + std::to_string(i);
  std::vector<TrialRecord> changed = records;
  changed[2].id = "00000000000000af";
  for (TrialRecord& record : changed) record.warnings = {"mended by hand"};
  const std::vector<std::string> files{write_csv(folder, "a.csv", records), write_json(folder, "a.json", changed)};
  const Results results = read_results(files);
  EXPECT_EQ(results.hosts[0].trials.size(), 4U);
  EXPECT_EQ(results.files[1].repeated, 2U);
  std::vector<std::string> notes;
  append(records, std::vector<TrialRecord>(records));
  std::size_t taken = 0;
  const std::string twice = write_csv(folder, "twice.csv", records);
  read_trials(twice, notes, [&](const TrialRecord&) { ++taken; });
  EXPECT_EQ(taken, 3U) << "in one file, too";
  const Results of_two = read_results(std::vector<std::string>{files[0], twice});
  EXPECT_EQ(of_two.hosts[0].trials.size(), 3U);
  EXPECT_EQ(of_two.files[1].trials, 3U) << "a trial counts once, however often a file has it";
  EXPECT_EQ(of_two.files[1].repeated, 3U);
}

TEST(Results, what_was_passed_over_is_said) {
  const ScratchFolder folder;
  const std::string path = write_csv(folder, "a.csv", sample_io());
  const std::string text = folder.text("a.csv");
  folder.file("a.csv", text + text.substr(text.rfind('\n', text.size() - 2) + 1, 50));
  const Results results = read_results(std::vector<std::string>{path});
  EXPECT_EQ(results.hosts[0].trials.size(), sample_io().size());
  ASSERT_EQ(results.notes.size(), 1U);
  EXPECT_TRUE(has(results.notes[0], "the last row was cut off"));
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
    EXPECT_EQ(host.trials.size(), sample_io().size());
  }
  EXPECT_EQ(names.size(), 3U);
  EXPECT_TRUE(results.hosts[0].differences.empty());
  EXPECT_TRUE(has(results.hosts[1].differences.at(0), "Other CPU"));
  EXPECT_TRUE(has(results.hosts[2].name, "libuv 1.99"));
}

TEST(Results, come_whole_one_at_a_time_to_who_asks) {
  const ScratchFolder folder;
  std::vector<TrialRecord> other = on_other_host(sample_io());
  const std::vector<std::string> files{write_csv(folder, "a.csv", sample_io()), write_csv(folder, "b.csv", other),
                                       write_json(folder, "a.json", sample_io())};
  std::vector<std::vector<TrialRecord>> hosts(2);
  std::size_t taken = 0;
  const Results results = read_results(files, [&](std::size_t host, std::size_t number, const TrialRecord& record) {
    ++taken;
    hosts.at(host).resize(std::max(hosts.at(host).size(), number + 1));
    hosts.at(host)[number] = record;
  });
  EXPECT_EQ(taken, 3 * sample_io().size()) << "once more with histograms";
  EXPECT_EQ(hosts[0].size(), sample_io().size());
  EXPECT_EQ(hosts[1].size(), sample_io().size());
  for (const TrialRecord& record : hosts[0]) EXPECT_TRUE(record.response.histogram.has_value());
  EXPECT_EQ(hosts[1][0].host.cpu_model, other[0].host.cpu_model);
  EXPECT_EQ(results.hosts[0].trials.size(), 0U);
}

TEST(Results, another_version_of_a_runtime_is_not_pooled_and_native_models_stay) {
  const ScratchFolder folder;
  std::vector<TrialRecord> records;
  for (const char* version : {"go1.19", "go1.24"}) {
    records.push_back(sample_record());
    records.back().throughput_per_s += static_cast<double>(records.size());
    records.push_back(sample_record({.model = "go"}));
    records.back().spec.runtime_name = "go";
    records.back().runtime = {{"name", "go"}, {"version", version}};
  }
  const std::vector<std::string> files{write_csv(folder, "r.csv", records)};
  const Results results = read_results(files);
  ASSERT_EQ(results.hosts.size(), 2U);
  EXPECT_EQ(results.hosts[0].trials.size(), 3U);
  EXPECT_EQ(results.hosts[1].trials.size(), 1U);
  EXPECT_TRUE(has(results.hosts[1].name, "runtime go go1.24")) << results.hosts[1].name;
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
