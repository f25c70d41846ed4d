#include "reports/files/csv.hpp"

#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "record/columns.hpp"
#include "reports/files/csv_rows.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

std::size_t count_lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

// The fields of a row, by name of column, as a file to break.
struct Sheet {
  std::vector<std::string> names;
  std::vector<std::string> values;

  Sheet() {
    const TrialRecord record = sample_record();
    for (const Column& column : columns()) {
      names.emplace_back(column.name);
      values.push_back(column.text(record));
      // Only what needs no quotes, so that a test may cut and join at will.
      std::erase_if(values.back(), [](char c) { return c == ',' || c == '"'; });
    }
  }
  std::string& operator[](const std::string& name) {
    return values[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
  }
  std::size_t column(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()) + 1;
  }
  static std::string line(const std::vector<std::string>& fields) {
    std::string out;
    for (const std::string& field : fields) out += (&field == &fields.front() ? "" : ",") + field;
    return out + "\n";
  }
  std::string header() const { return line(names); }
  std::string row() const { return line(values); }
};

std::size_t heap_bytes() {
  const auto heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

class Csv : public testing::Test {
 protected:
  std::string error_of_reading(const std::string& text) const {
    const std::string path = folder_.file("r.csv", text);
    const std::string error = error_of([&] { read_csv(path); });
    EXPECT_TRUE(begins(error, path + ":")) << "an error names the file";
    return error.substr(std::min(error.size(), path.size() + 1));
  }
  ScratchFolder folder_;
};

TEST_F(Csv, a_record_reads_back_as_it_was_written) {
  std::vector<TrialRecord> written = sample_failures();
  written[0].reason = "a, \"quoted\" reason";
  written[0].id = "0123456789abcdef";
  for (TrialRecord& record : written) std::ranges::replace(record.reason, '\n', ' ');
  written[0].status = Status::invalid;
  written[1].warnings = {"one; two", "a | b", "back\\slash"};
  written[2].spec.settings = {{"stack", "16k"}, {"text", "a,b;c=\"d\""}};
  written[3].spec.load.kind = LoadKind::open;
  written[3].spec.load.rate_per_s = 1234.5678901234567;
  const std::string path = folder_.path("r.csv");
  {
    CsvWriter writer(path);
    for (const TrialRecord& record : written) writer.add(record);
    EXPECT_EQ(writer.rows(), written.size());
  }
  const std::vector<TrialRecord> read = read_csv(path);
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    for (const Column& column : columns()) {
      EXPECT_EQ(column.text(read[i]), column.text(written[i])) << "row " << i << ", " << column.name;
    }
  }
}

TEST_F(Csv, what_a_row_says_is_not_taken_from_the_one_before) {
  std::vector<TrialRecord> written;
  for (int i = 0; i < 3; ++i) {
    written.push_back(sample_record());
    TrialRecord other;  // as the parent makes it where a process left no record
    other.spec = sample_record().spec;
    written.push_back(other);
    written.push_back(sample_record());
    written.back().host.cpu_model = "Other CPU";
    written.back().build.libraries.erase("libuv");
    written.push_back(written.back());
  }
  const std::string path = folder_.path("r.csv");
  CsvWriter writer(path);
  for (const TrialRecord& record : written) writer.add(record);
  const std::vector<TrialRecord> read = read_csv(path);
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    for (const Column& column : columns()) {
      EXPECT_EQ(column.text(read[i]), column.text(written[i])) << "row " << i << ", " << column.name;
    }
  }
}

TEST_F(Csv, is_read_in_as_much_memory_however_long_it_is) {
  if (heap_bytes() == 0) GTEST_SKIP() << "this heap does not tell its size";
  const std::string row = csv_row(sample_record()) + "\n";
  std::string text = csv_header() + "\n";
  constexpr std::size_t rows = 10'000;
  for (std::size_t i = 0; i < rows; ++i) text += row;
  const std::string path = folder_.file("r.csv", text);
  const std::size_t before = heap_bytes();
  std::size_t most = 0;
  std::size_t taken = 0;
  std::vector<std::string> notes;
  read_csv(path, notes, [&](const TrialRecord&) {
    if (taken++ % 100 == 0) most = std::max(most, heap_bytes() - before);
  });
  EXPECT_EQ(taken, rows);
  EXPECT_LT(most, text.size() / 10);
}

TEST_F(Csv, a_row_is_in_the_file_as_soon_as_it_is_added) {
  CsvWriter writer(folder_.path("r.csv"));
  EXPECT_EQ(folder_.text("r.csv"), csv_header() + "\n") << "the header comes before the first trial ends";
  writer.add(sample_record());
  EXPECT_EQ(read_csv(folder_.path("r.csv")).size(), 1U);
}

TEST_F(Csv, rows_are_appended_under_the_header_that_is_there) {
  for (int run = 0; run < 3; ++run) CsvWriter(folder_.path("r.csv")).add(sample_record());
  EXPECT_EQ(count_lines(folder_.text("r.csv")), 4U);
  EXPECT_EQ(read_csv(folder_.path("r.csv")).size(), 3U);
}

TEST_F(Csv, an_empty_file_gets_a_header) {
  const std::string path = folder_.file("r.csv", "");
  CsvWriter writer(path);
  EXPECT_EQ(folder_.text("r.csv"), csv_header() + "\n");
}

TEST_F(Csv, a_file_with_another_header_is_left_alone) {
  const std::string text = "time,value\n1,2\n";
  const std::string path = folder_.file("r.csv", text);
  EXPECT_EQ(error_of([&] { CsvWriter writer(path); }),
            path +
                ":1: the header is not that of this program (column 1 is \"time\", not \"schema_version\"): "
                "write to another file");
  EXPECT_EQ(folder_.text("r.csv"), text);

  folder_.file("r.csv", csv_header() + ",mine\n");
  EXPECT_TRUE(has(error_of([&] { CsvWriter writer(path); }), "is \"mine\", not missing"));
  folder_.file("r.csv", "schema_version,status\n");
  EXPECT_TRUE(has(error_of([&] { CsvWriter writer(path); }), "column 3 is missing, not \"reason\""));
}

// What is left of a file when the process that writes it is killed at any moment.
TEST_F(Csv, cut_off_within_a_row_it_is_read_without_that_row_and_goes_on) {
  TrialRecord record = sample_record();
  record.id = "0123456789abcdef";
  record.reason = "a, \"quoted\" reason";
  record.status = Status::invalid;
  const std::string whole = csv_header() + "\n" + csv_row(record) + "\n";
  const std::string text = whole + csv_row(record) + "\n";
  for (std::size_t size = whole.size(); size < text.size(); ++size) {
    std::filesystem::remove(folder_.path("r.csv"));
    const std::string path = folder_.file("r.csv", text.substr(0, size));
    std::vector<std::string> notes;
    const std::size_t readable = size == text.size() - 1 ? 2 : 1;  // that lacks no more than its line end
    ASSERT_EQ(read_csv(path, notes).size(), readable) << size;
    EXPECT_EQ(notes.empty(), readable == 2 || size == whole.size());
    if (!notes.empty()) {
      EXPECT_EQ(notes[0], path + ":3: the last row was cut off when what wrote it ended; it is passed over");
    }
    CsvWriter writer(path);
    EXPECT_EQ(writer.note().empty(), notes.empty());
    writer.add(record);
    ASSERT_EQ(read_csv(path).size(), readable + 1) << size;
  }
}

TEST_F(Csv, cut_off_within_its_header_it_begins_anew) {
  const TrialRecord record = sample_record();
  const std::string whole = csv_header() + "\n" + csv_row(record) + "\n";
  for (std::size_t size = 0; size <= csv_header().size(); size += size > 20 ? 7 : 1) {
    std::filesystem::remove(folder_.path("r.csv"));
    const std::string path = folder_.file("r.csv", csv_header().substr(0, size));
    CsvWriter(path).add(record);
    ASSERT_EQ(folder_.text("r.csv"), whole) << size;
  }
}

TEST_F(Csv, what_is_no_part_of_a_row_is_left_alone) {
  for (const std::string& end : std::vector<std::string>{"my remark", "x1,ok", csv_row(sample_record()) + ",more"}) {
    const std::string text = csv_header() + "\n" + end;
    const std::string path = folder_.file("r.csv", text);
    EXPECT_EQ(error_of([&] { CsvWriter writer(path); }),
              path + ": the last row has no line end; mend it or write to another file");
    EXPECT_EQ(folder_.text("r.csv"), text);
  }
}

// As of a version that did not know the columns that were added later.
std::string row_of_before(const std::string& row) { return row.substr(0, row.rfind(',')); }

TEST_F(Csv, a_file_of_before_a_column_was_added_is_read_and_continued) {
  const std::string old_header = row_of_before(csv_header());
  TrialRecord record = sample_record();
  record.reason = "a, \"quoted\" reason";
  record.status = Status::invalid;
  const std::string old_row = row_of_before(csv_row(record));
  const std::string path = folder_.file("r.csv", old_header + "\n" + old_row + "\n" + old_row + "\n");
  EXPECT_EQ(read_csv(path).size(), 2U);
  record.id = "0123456789abcdef";
  CsvWriter(path).add(record);
  EXPECT_EQ(folder_.text("r.csv"), csv_header() + "\n" + old_row + ",\n" + old_row + ",\n" + csv_row(record) + "\n");
  const auto records = read_csv(path);
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].id, "");
  EXPECT_EQ(records[2].id, record.id);
  EXPECT_EQ(folder_.count_files(), 1U) << "nothing is left beside it";
}

TEST_F(Csv, a_field_is_one_line_of_text_whatever_a_trial_said) {
  using namespace std::string_literals;
  TrialRecord record = sample_record();
  record.status = Status::failed;
  record.reason = "two\nlines\r\nand\0zero, \xff\xfe"s;
  const std::string path = folder_.path("r.csv");
  CsvWriter(path).add(record);
  EXPECT_EQ(read_csv(path).at(0).reason, "two lines  and zero, \xef\xbf\xbd\xef\xbf\xbd");
  record.reason = std::string(200'000, '"');
  CsvWriter(path).add(record);
  EXPECT_LT(read_csv(path).at(1).reason.size(), CsvRows::longest_field) << "cut, so that the file can be read";
}

TEST_F(Csv, rows_that_another_writer_added_meanwhile_stay) {
  const std::string path = folder_.path("r.csv");
  CsvWriter one(path);
  CsvWriter other(path);
  for (int i = 0; i < 3; ++i) {
    one.add(sample_record());
    other.add(sample_record());
  }
  EXPECT_EQ(read_csv(path).size(), 6U);
}

TEST_F(Csv, a_file_that_was_moved_away_or_emptied_begins_anew) {
  const std::string path = folder_.path("r.csv");
  CsvWriter writer(path);
  writer.add(sample_record());
  std::filesystem::rename(path, folder_.path("moved.csv"));
  writer.add(sample_record());
  writer.add(sample_record());
  EXPECT_EQ(read_csv(folder_.path("moved.csv")).size(), 1U);
  EXPECT_EQ(read_csv(path).size(), 2U);
  folder_.file("r.csv", "");
  writer.add(sample_record());
  EXPECT_EQ(read_csv(path).size(), 1U);
}

TEST_F(Csv, a_path_that_cannot_be_written_fails_at_once) {
  EXPECT_EQ(error_of([&] { CsvWriter writer(folder_.path("none/r.csv")); }),
            folder_.path("none/r.csv") + ": No such file or directory");
  EXPECT_EQ(error_of([&] { CsvWriter writer(folder_.path("")); }), folder_.path("") + ": Is a directory");
}

TEST_F(Csv, a_device_that_is_full_fails_at_once) {
  EXPECT_EQ(error_of([] { CsvWriter writer("/dev/full"); }),
            "/dev/full: disk full (No space left on device); 0 rows before it are safe");
}

TEST_F(Csv, a_full_disk_leaves_the_rows_before_it_whole) {
  const std::string path = folder_.path("r.csv");
  CsvWriter writer(path);
  const std::size_t row = csv_row(sample_record()).size() + 1;
  {
    const FileSizeLimit limit(csv_header().size() + 1 + 2 * row + row / 2);
    writer.add(sample_record());
    writer.add(sample_record());
    EXPECT_EQ(error_of([&] { writer.add(sample_record()); }),
              path + ": disk full (File too large); 2 rows before it are safe");
    EXPECT_EQ(read_csv(path).size(), 2U);
    EXPECT_EQ(folder_.text("r.csv").size(), csv_header().size() + 1 + 2 * row);
  }
  writer.add(sample_record());
  EXPECT_EQ(read_csv(path).size(), 3U) << "it goes on where there is room again";
}

TEST_F(Csv, a_minus_is_standard_output) {
  testing::internal::CaptureStdout();
  CsvWriter("-").add(sample_record());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), csv_header() + "\n" + csv_row(sample_record()) + "\n");
}

TEST_F(Csv, columns_may_stand_in_any_order_among_others) {
  Sheet sheet;
  sheet["model"] = "pool";
  sheet.names.insert(sheet.names.begin(), "remark");
  sheet.values.insert(sheet.values.begin(), "mine");
  std::ranges::reverse(sheet.names);
  std::ranges::reverse(sheet.values);
  const auto records = read_csv(folder_.file("r.csv", sheet.header() + sheet.row()));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].spec.model, "pool");
}

TEST_F(Csv, files_that_went_through_a_spreadsheet_are_read) {
  std::string text = "\xef\xbb\xbf" + csv_header() + "\n" + csv_row(sample_record()) + "\n\n";
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, 1, '\r');
  const auto records = read_csv(folder_.file("r.csv", text));
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].host, sample_host()) << "the last column does not hold the carriage return";

  for (const auto& [flag, of_spreadsheets] : {std::pair{",true,", ",TRUE,"}, {",false,", ",FALSE,"}}) {
    for (std::size_t at = 0; (at = text.find(flag, at)) != std::string::npos;) {
      text.replace(at, std::string_view(flag).size(), of_spreadsheets);
    }
  }
  ASSERT_NE(text.find(",FALSE,"), std::string::npos);
  EXPECT_EQ(read_csv(folder_.file("r.csv", text))[0].settled, records[0].settled);
}

// How long it takes is tests/benchmarks/csv_benchmark.cpp's business.
TEST_F(Csv, a_hundred_thousand_rows_are_read_each_with_its_own_values) {
  Sheet sheet;
  std::string text = sheet.header();
  for (int i = 0; i < 100'000; ++i) {
    sheet["seed"] = std::to_string(i);
    text += sheet.row();
  }
  const auto records = read_csv(folder_.file("r.csv", text));
  ASSERT_EQ(records.size(), 100'000U);
  for (std::size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].spec.seed, i);
}

TEST_F(Csv, an_error_after_a_hundred_thousand_rows_names_its_line) {
  Sheet sheet;
  std::string text = sheet.header();
  for (int i = 0; i < 100'000; ++i) text += sheet.row();
  sheet["tasks"] = "many";
  EXPECT_EQ(error_of_reading(text + sheet.row()),
            "100002: column " + std::to_string(sheet.column("tasks")) + " (tasks): \"many\" is not a whole number");
}

TEST_F(Csv, a_file_without_rows_has_no_records) {
  EXPECT_TRUE(read_csv(folder_.file("r.csv", csv_header() + "\n")).empty());
}

TEST_F(Csv, an_empty_file_is_an_error) {
  EXPECT_EQ(error_of_reading(""), " the file is empty: not even a header");
  EXPECT_EQ(error_of_reading("\n\n"), " the file is empty: not even a header");
}

TEST_F(Csv, a_file_that_is_not_there_is_an_error) {
  EXPECT_EQ(error_of([&] { read_csv(folder_.path("none.csv")); }),
            folder_.path("none.csv") + ": No such file or directory");
}

TEST_F(Csv, a_header_that_lacks_columns_is_an_error_that_names_them) {
  Sheet sheet;
  for (const std::string name : {"seed", "digest"}) {
    const auto at = static_cast<std::ptrdiff_t>(sheet.column(name) - 1);
    sheet.names.erase(sheet.names.begin() + at);
    sheet.values.erase(sheet.values.begin() + at);
  }
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()), "1: the header lacks seed, digest");
  EXPECT_EQ(error_of_reading(sheet.header()), "1: the header lacks seed, digest") << "without a row, too";
  EXPECT_EQ(error_of_reading("n,throughput\n1,100\n"),
            "1: the header lacks schema_version, status, reason, model, settings, workload, parameters, load and " +
                std::to_string(std::ranges::count(columns(), false, &Column::added_later) - 8) + " more");
}

TEST_F(Csv, files_of_spreadsheets_with_decimal_commas_are_read) {
  for (const char separator : {';', '\t'}) {
    Sheet sheet;
    sheet["throughput_per_s"] = "48901.25";
    sheet["parameters"] = "delay=20ms";
    sheet["libraries"] = "libuv=1.44";
    std::string text = sheet.header() + sheet.row();
    std::ranges::replace(text, ',', separator);
    const auto points = read_csv(folder_.file("r.csv", text));
    ASSERT_EQ(points.size(), 1U);
    EXPECT_EQ(points[0].throughput_per_s, 48901.25);
    for (std::string& value : sheet.values) {
      if (value.find_first_not_of("0123456789.") == std::string::npos) std::ranges::replace(value, '.', '|');
    }
    text = sheet.header() + sheet.row();
    std::ranges::replace(text, ',', separator);
    std::ranges::replace(text, '|', ',');
    const auto commas = read_csv(folder_.file("r.csv", text));
    ASSERT_EQ(commas.size(), 1U);
    EXPECT_EQ(commas[0].throughput_per_s, 48901.25);
    EXPECT_EQ(commas[0].efficiency, points[0].efficiency);
    EXPECT_EQ(commas[0].spec.load.warmup, points[0].spec.load.warmup);
    EXPECT_EQ(commas[0].build.libraries.at("libuv"), "1.44") << "text is left alone";
  }
}

TEST_F(Csv, a_point_among_decimal_commas_is_refused_because_it_may_part_thousands) {
  Sheet sheet;
  sheet["parameters"] = "delay=20ms";
  sheet["libraries"] = "libuv=1.44";
  sheet["throughput_per_s"] = "48|901";
  sheet["efficiency"] = "0.978";
  std::string text = sheet.header() + sheet.row();
  std::ranges::replace(text, ',', ';');
  std::ranges::replace(text, '|', ',');
  EXPECT_TRUE(has(error_of_reading(text), "the file has numbers with commas and with points"));
}

TEST_F(Csv, what_is_not_text_is_an_error_with_its_place) {
  const Sheet sheet;
  using namespace std::string_literals;
  EXPECT_EQ(error_of_reading("\x7f"
                             "ELF\x02\x01\x01\0\0\0"s),
            "1: column 1: a zero byte: this is not a text file");
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row() + "1,ok,\0,fibers\n"s),
            "3: column 3: a zero byte: this is not a text file")
      << "what a crashed machine leaves at the end of a file";
  EXPECT_EQ(error_of_reading("\xff\xfes\0c\0h\0"s), "1: column 1: the file is UTF-16: save it as UTF-8");
  std::string rubbish;
  for (int i = 0; i < 5000; ++i) rubbish += static_cast<char>(1 + i * 7919 % 255);
  EXPECT_FALSE(error_of_reading(rubbish).empty()) << "without a zero byte, too";
}

TEST_F(Csv, a_header_that_is_cut_off_is_an_error) {
  const std::string header = Sheet().header();
  for (std::size_t size = 0; size + 1 < row_of_before(header).size(); size += 7) {
    const std::string path = folder_.file("r.csv", header.substr(0, size));
    ASSERT_NE(error_of([&] { read_csv(path); }), "") << size << " bytes";
  }
}

// Without the column that ends a row, a last row may be cut off within its last text and look whole.
TEST_F(Csv, a_last_row_that_may_be_cut_off_is_an_error) {
  Sheet sheet;
  sheet.names.pop_back();
  sheet.values.pop_back();
  const std::string whole = sheet.header() + sheet.row();
  EXPECT_EQ(error_of_reading(whole + sheet.row().substr(0, sheet.row().size() - 2)),
            "3: the row has no line end: it may be cut off");
}

TEST_F(Csv, a_column_named_twice_is_an_error) {
  Sheet sheet;
  sheet.names.emplace_back("seed");
  EXPECT_EQ(error_of_reading(sheet.header()),
            std::to_string(sheet.names.size()).insert(0, "1: column ") + " (seed): the header names it twice");
}

TEST_F(Csv, another_schema_version_is_said_before_anything_else) {
  Sheet sheet;
  sheet["schema_version"] = "3";
  sheet["status"] = "splendid";
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()),
            "2: column 1 (schema_version): schema version 3, but this program reads versions 1 to 2");
  EXPECT_EQ(error_of_reading("schema_version,other\n3,x\n"),
            "2: column 1 (schema_version): schema version 3, but this program reads versions 1 to 2")
      << "of a file whose columns are not known, too";
}

TEST_F(Csv, a_truncated_row_is_an_error) {
  const Sheet sheet;
  const std::string whole = sheet.header() + sheet.row();
  const std::string cut = whole + sheet.row().substr(0, sheet.row().size() / 2) + "\n";
  const std::string has_all =
      " fields where the header has " + std::to_string(columns().size()) + ": the row is cut off";
  EXPECT_TRUE(begins(error_of_reading(cut), "3: "));
  EXPECT_TRUE(has(error_of_reading(cut), has_all));
}

TEST_F(Csv, a_row_with_too_many_fields_is_an_error) {
  const Sheet sheet;
  std::string row = sheet.row();
  row.insert(row.size() - 1, ",1");
  EXPECT_EQ(error_of_reading(sheet.header() + row), "2: " + std::to_string(columns().size() + 1) +
                                                        " fields where the header has " +
                                                        std::to_string(columns().size()));
}

TEST_F(Csv, a_value_that_is_not_one_is_an_error_with_file_line_and_column) {
  const auto error_with = [&](const std::string& name, const std::string& value) {
    Sheet sheet;
    const std::string good = sheet.row();
    sheet[name] = value;
    return error_of_reading(sheet.header() + good + sheet.row());
  };
  const auto at = [](const std::string& name, const std::string& what) {
    return "3: column " + std::to_string(Sheet().column(name)) + " (" + name + "): " + what;
  };
  EXPECT_EQ(error_with("throughput_per_s", "NaN"), at("throughput_per_s", "\"NaN\" is not a finite number"));
  EXPECT_EQ(error_with("response_p99_us", "-inf"), at("response_p99_us", "\"-inf\" is not a finite number"));
  EXPECT_EQ(error_with("status", "great"),
            at("status", "\"great\" is none of ok, failed, timed_out, unsupported, invalid, overloaded"));
  EXPECT_EQ(error_with("status", ""), at("status", "must not be empty"));
  EXPECT_EQ(error_with("seed", "1e3"), at("seed", "\"1e3\" is not a whole number"));
  EXPECT_EQ(error_with("tasks", ""), at("tasks", "empty, though the trial is ok"));
  EXPECT_EQ(error_with("seed", std::string("\0\x01", 2)).substr(0, 10), at("seed", "").substr(0, 10));
}

TEST_F(Csv, a_huge_field_is_an_error) {
  Sheet sheet;
  sheet["reason"] = std::string(CsvRows::longest_field + 1, 'x');
  const std::string at = "2: column " + std::to_string(sheet.column("reason")) + ": ";
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()), at + "the field is longer than 65536 bytes");
  sheet["reason"] = '"' + sheet["reason"] + '"';
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()),
            at + "the field is longer than 65536 bytes: is the quote opened on line 2 closed?");
  sheet["reason"] = std::string(CsvRows::longest_field, 'x');
  EXPECT_EQ(read_csv(folder_.file("r.csv", sheet.header() + sheet.row())).size(), 1U);
}

TEST_F(Csv, broken_quotes_are_an_error) {
  Sheet sheet;
  const std::string at = "2: column " + std::to_string(sheet.column("reason")) + ": ";
  sheet["reason"] = "\"no end";
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()), at + "the quote opened on line 2 is not closed");
  sheet["reason"] = "\"one\" two";
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()), at + "text after the closing quote");
  sheet["reason"] = "one \"two\"";
  EXPECT_EQ(error_of_reading(sheet.header() + sheet.row()), at + "a quote inside a field that does not begin with one");
}

TEST_F(Csv, lines_are_counted_as_an_editor_does) {
  Sheet sheet;
  sheet["reason"] = "\"a reason\nof three\nlines\"";
  std::string text = sheet.header() + sheet.row() + "\n";
  sheet["seed"] = "x";
  EXPECT_TRUE(begins(error_of_reading(text + sheet.row()), "6: column "));
}

// Pieces as short as one byte: every place is a place where the text that is there ends.
TEST(CsvRows, text_in_pieces_has_the_rows_that_it_has_whole) {
  const std::string text =
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\",\r\n\r\n\"two\nlines\",\r,\n\n,\"\"\r\nlast,\"row\"";
  const auto rows_of = [](CsvRows& rows) {
    std::vector<std::string> all;
    while (rows.next()) {
      for (const std::string_view field : rows.fields())
        all.push_back(std::to_string(rows.line()) + std::string(field));
    }
    return all;
  };
  CsvRows whole(text, "x");
  const std::vector<std::string> expected = rows_of(whole);
  EXPECT_EQ(expected,
            (std::vector<std::string>{"1a", "1b,\"c\"", "1", "3two\nlines", "3\r", "3", "6", "6", "7last", "7row"}));
  for (std::size_t size = 1; size <= text.size(); ++size) {
    std::string_view left = text;
    CsvRows pieces(
        [&](std::string& more) {
          more += left.substr(0, size);
          left.remove_prefix(std::min(size, left.size()));
          return !left.empty();
        },
        "x");
    EXPECT_EQ(rows_of(pieces), expected) << "pieces of " << size;
  }
}

TEST(CsvRows, a_last_line_without_an_end_can_be_left_for_somebody_to_judge) {
  for (const std::string last : {"3", "4,\"x", "5,a\"b"}) {
    const std::string text = "1,2\r\n\r\n" + last;
    CsvRows rows(text, "x");
    rows.leave_rest();
    EXPECT_TRUE(rows.next());
    EXPECT_FALSE(rows.next());
    EXPECT_EQ(rows.rest(), last);
    EXPECT_EQ(rows.line(), 3U);
    rows.take_rest();
    EXPECT_EQ(error_of([&] { EXPECT_TRUE(rows.next()); }).empty(), last == "3");
  }
}

TEST(CsvRows, a_row_of_more_fields_than_any_of_ours_is_an_error) {
  const std::string text(CsvRows::most_fields, ',');
  CsvRows rows(text, "x.csv");
  EXPECT_EQ(error_of([&] { rows.next(); }), "x.csv:1: more than 10000 fields in a row");
}

TEST(CsvRows, quotes_and_line_ends_are_taken_away) {
  CsvRows rows("a,\"b,\"\"c\"\"\",\r\n\"\",d\n,", "x.csv");
  const auto fields = [&] { return std::vector<std::string>(rows.fields().begin(), rows.fields().end()); };
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(fields(), (std::vector<std::string>{"a", "b,\"c\"", ""}));
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(fields(), (std::vector<std::string>{"", "d"}));
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(fields(), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(rows.line(), 3U);
  EXPECT_FALSE(rows.ends_with_line_end());
  EXPECT_FALSE(rows.next());
}

}  // namespace
}  // namespace cbench
