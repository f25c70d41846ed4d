// `cbench convert`, as its users meet it.
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "record/columns.hpp"
#include "reports/files/csv.hpp"
#include "reports/files/formats.hpp"
#include "tests/support/program.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench::testing {
namespace {

Outcome convert(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "convert");
  return run(CBENCH_PROGRAM, arguments);
}

std::string write(const std::string& path, std::vector<TrialRecord> records, char first_of_ids = 'a') {
  const auto sink = open_sink(path);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].id = fmt::format("{}{:015x}", first_of_ids, i);
    sink->add(records[i]);
  }
  return path;
}

TEST(convert, there_and_back_every_column_is_as_it_was) {
  const Folder folder;
  std::vector<TrialRecord> records = sample_failures();
  records[3].spec.settings = {{"text", "a,b;c=\"d\""}};
  const std::string csv = write(folder / "r.csv", records);
  ASSERT_EQ(convert({csv, "-o", folder / "r.json"}).exit_code, 0);
  ASSERT_EQ(convert({folder / "r.json", "-o", folder / "again.csv"}).exit_code, 0);
  EXPECT_EQ(read_file(folder / "again.csv"), read_file(csv));
}

TEST(convert, json_keeps_what_csv_has_no_room_for) {
  const Folder folder;
  const std::string json = write(folder / "r.json", sample_io());
  ASSERT_EQ(convert({json, "--output", folder / "copy.json"}).exit_code, 0);
  EXPECT_EQ(read_file(folder / "copy.json"), read_file(json));
  ASSERT_EQ(convert({json, "-o", folder / "r.hlog"}).exit_code, 0);
  EXPECT_TRUE(has(read_file(folder / "r.hlog"), "Tag=io/model=fibers"));
}

TEST(convert, without_an_output_it_is_csv_for_the_next_program) {
  const Folder folder;
  const Outcome outcome = convert({write(folder / "r.json", sample_io())});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, read_file(write(folder / "r.csv", sample_io())));
  EXPECT_EQ(outcome.err, "");
}

TEST(convert, several_files_become_one_with_each_trial_once) {
  const Folder folder;
  const std::string a = write(folder / "a.csv", sample_io());
  const std::string same = write(folder / "a.json", sample_io());
  const std::string b = write(folder / "b.csv", sample_cpu_sweep(), 'b');
  ASSERT_EQ(convert({a, same, b, "-o", folder / "all.csv"}).exit_code, 0);
  EXPECT_EQ(read_records(folder / "all.csv").size(), sample_io().size() + sample_cpu_sweep().size());
}

TEST(convert, a_file_that_is_there_is_left_alone) {
  const Folder folder;
  const std::string csv = write(folder / "r.csv", sample_io());
  const std::string json = write(folder / "r.json", sample_cpu_sweep());
  const std::string before = read_file(json);
  for (const std::string& output : {json, csv}) {
    const Outcome outcome = convert({csv, "-o", output});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(has(outcome.err, output + ": that file is there already; name another one"));
  }
  EXPECT_EQ(read_file(json), before);
}

TEST(convert, what_is_wrong_is_said_with_exit_code_2) {
  const Folder folder;
  EXPECT_TRUE(has(convert({}).err, "name a file of results"));
  EXPECT_EQ(convert({}).exit_code, 2);
  EXPECT_EQ(convert({"--columns", write(folder / "c.csv", sample_io())}).exit_code, 2) << "it would be passed over";
  const Outcome missing = convert({folder / "none.csv"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_TRUE(has(missing.err, "none.csv: No such file"));
  const Outcome format = convert({write(folder / "r.csv", sample_io()), "-o", folder / "r.xls"});
  EXPECT_EQ(format.exit_code, 2);
  EXPECT_TRUE(has(format.err, "a file of results ends with .csv"));
}

TEST(convert, ends_in_silence_where_nobody_reads_on) {
  const Folder folder;
  const std::string csv = write(folder / "r.csv", sample_io());
  const Outcome outcome =
      run("/bin/sh", {"-c", "{ '" + std::string(CBENCH_PROGRAM) + "' convert '" + csv + "'; echo $? >&2; } | true"});
  EXPECT_TRUE(outcome.err == "141\n" || outcome.err == "0\n") << outcome.err;
}

TEST(convert, columns_are_told_apart_for_other_programs) {
  const Outcome outcome = convert({"--columns"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_TRUE(begins(outcome.out, "column,part,kind,unit,filled,meaning\nschema_version,spec,count,,always,"));
  for (const Column& column : columns()) {
    EXPECT_TRUE(has(outcome.out, fmt::format("\n{},{},{},{},", column.name, name_of(column.part), name_of(column.kind),
                                             column.unit)))
        << column.name;
  }
}

}  // namespace
}  // namespace cbench::testing
