#include "reports/files/json.hpp"
#include "reports/files/formats.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "record/columns.hpp"
#include "record/record_json.hpp"
#include "reports/files/csv.hpp"
#include "reports/files/json_trials.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/json_text.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

TrialRecord full_record() {
  TrialRecord record = sample_record();
  record.spec.settings = {{"stack", "16k"}};
  record.spec.seed = UINT64_MAX;
  record.spec.load.kind = LoadKind::open;
  record.spec.load.rate_per_s = 1234.5;
  record.spec.load.poisson = false;
  record.spec.load.tasks = 7;
  record.spec.max_memory_bytes = 1U << 30U;
  record.warnings = {"one", "two \"quoted\""};
  record.reason = "two\nlines";
  record.status = Status::invalid;
  return record;
}

// Whether both say the same, in every field that is written.
void expect_same(const TrialRecord& a, const TrialRecord& b) {
  for (const Column& column : columns()) EXPECT_EQ(column.text(a), column.text(b)) << column.name;
  EXPECT_EQ(record_to_json(a), record_to_json(b));
}

TEST(RecordJson, a_spec_comes_through_the_protocol_unchanged) {
  const TrialSpec spec = full_record().spec;
  const TrialSpec read = spec_from_json(Json::parse(to_line(spec_to_json(spec))));
  EXPECT_EQ(spec_to_json(read), spec_to_json(spec));
  EXPECT_EQ(read.seed, UINT64_MAX);
  EXPECT_EQ(read.load.warmup, std::chrono::milliseconds(500));
  EXPECT_EQ(read.deadline, std::chrono::seconds(30));
  EXPECT_EQ(read.peer_pid, 4711);
  EXPECT_FALSE(read.load.poisson);
}

TEST(RecordJson, a_record_comes_through_the_protocol_with_its_histograms) {
  const TrialRecord record = full_record();
  const TrialRecord read = record_from_json(Json::parse(to_line(record_to_json(record))));
  expect_same(read, record);
  EXPECT_EQ(read.queueing.histogram, record.queueing.histogram);
  EXPECT_EQ(read.service.histogram, record.service.histogram);
  EXPECT_EQ(read.response.histogram, record.response.histogram);
  EXPECT_EQ(read.series_per_s, record.series_per_s);
  EXPECT_EQ(read.host, record.host);
  EXPECT_EQ(read.build, record.build);
  EXPECT_EQ(read.runtime, record.runtime);
}

TEST(RecordJson, flat_fields_have_the_names_of_the_columns) {
  const Json json = record_to_json(full_record());
  for (const Column& column : columns()) {
    // Maps and lists have a spelling of their own.
    if (column.part == ColumnPart::result && column.kind != ColumnKind::map) {
      EXPECT_TRUE(json.contains(std::string(column.name))) << column.name;
    }
  }
}

TEST(RecordJson, what_is_not_known_is_null) {
  TrialRecord record;
  record.spec.model = "threads";
  record.reason = "killed by signal 9";
  const Json json = record_to_json(record);
  EXPECT_TRUE(json["throughput_per_s"].is_null());
  EXPECT_TRUE(json["response_histogram"].is_null());
  EXPECT_EQ(json["digest"], "");
  expect_same(record_from_json(Json::parse(to_line(record_to_json(record)))), record);
}

TEST(RecordJson, a_histogram_is_written_sparsely) {
  TrialRecord record = sample_record();
  Histogram histogram;
  histogram.record(5, 3);
  histogram.record(7);
  record.response.histogram = histogram;
  EXPECT_EQ(record_to_json(record)["response_histogram"].dump(), "[[5,3],[7,1]]");
}

// Calls try_one(path, document) for every field of the document and of its objects, to be broken there.
template <class TryOne>
void for_each_field(const Json& document, TryOne try_one) {
  for (const auto& [name, value] : document.items()) {
    try_one(name, Json::json_pointer("/" + name));
    if (!value.is_object() || name == "settings" || name == "runtime") continue;
    for (const auto& [inner, unused] : value.items()) {
      try_one(fmt::format("{}.{}", name, inner), Json::json_pointer(fmt::format("/{}/{}", name, inner)));
    }
  }
}

TEST(RecordJson, a_missing_field_is_an_error_that_names_it) {
  const Json whole = record_to_json(full_record());
  for_each_field(whole, [&](const std::string& path, const Json::json_pointer& pointer) {
    Json broken = whole;
    broken.at(pointer.parent_pointer()).erase(pointer.back());
    // Of what was asked, these have come since the first files of this version.
    const Column* column = find_column(path);
    const bool may_lack = path == "spec.shed" || path == "host.idle" || path == "host.peers" ||
                          path == "spec.runtime_name" ||
                          (column != nullptr && column->added_later && column->kind != ColumnKind::map);
    EXPECT_EQ(error_of([&] { record_from_json(broken); }), may_lack ? "" : path + ": missing");
  });
}

TEST(RecordJson, a_wrong_type_is_an_error_that_names_the_field) {
  const Json whole = record_to_json(full_record());
  for_each_field(whole, [&](const std::string& path, const Json::json_pointer& pointer) {
    for (const Json& wrong : {Json(true), Json::array({Json::array()}), Json({{"x", 1}}), Json(-1)}) {
      if (whole[pointer].type() == wrong.type()) continue;
      Json broken = whole;
      broken[pointer] = wrong;
      const std::string error = error_of([&] { record_from_json(broken); });
      EXPECT_TRUE(begins(error, path)) << wrong.dump();
    }
  });
}

TEST(RecordJson, another_version_is_an_error) {
  Json json = spec_to_json(TrialSpec{});
  json["schema_version"] = 3;
  EXPECT_EQ(error_of([&] { spec_from_json(json); }),
            "schema_version: version 3, but this program reads versions 1 to 2");
  Json record = record_to_json(full_record());
  record["spec"]["schema_version"] = 7;
  EXPECT_EQ(error_of([&] { record_from_json(record); }),
            "spec.schema_version: version 7, but this program reads versions 1 to 2");
}

TEST(RecordJson, a_histogram_of_another_layout_is_an_error) {
  Json record = record_to_json(full_record());
  record["histogram_layout"] = "decades";
  EXPECT_EQ(error_of([&] { record_from_json(record); }),
            "histogram_layout: \"decades\", but this program reads \"log-linear-1024-1h\"");
  for (const char* name : {"response_histogram", "service_histogram", "queueing_histogram"}) record[name] = nullptr;
  EXPECT_EQ(error_of([&] { record_from_json(record); }), "") << "where there is none, its layout does not matter";
}

TEST(RecordJson, a_broken_histogram_is_an_error) {
  Json record = record_to_json(full_record());
  const auto error_with = [&](Json histogram) {
    record["service_histogram"] = std::move(histogram);
    return error_of([&] { record_from_json(record); });
  };
  EXPECT_EQ(error_with(Json::parse("[[1,2],[99999999,1]]")),
            "service_histogram[1]: 99999999 is more than " + std::to_string(HistogramLayout::size - 1));
  EXPECT_EQ(error_with(Json::parse("[[1]]")), "service_histogram[0]: expected [index, count]");
  EXPECT_EQ(error_with(Json::parse("[[1,-2]]")), "service_histogram[0]: expected a whole number from 0 on, found -2");
}

TEST(RecordJson, numbers_may_be_written_as_other_languages_do) {
  Json json = spec_to_json(full_record().spec);
  json["workers"] = 4.0;
  json["duration_ns"] = 2e9;
  json["rate_per_s"] = 1000;
  const TrialSpec spec = spec_from_json(json);
  EXPECT_EQ(spec.workers, 4U);
  EXPECT_EQ(spec.load.duration, std::chrono::seconds(2));
  json["workers"] = 4.5;
  EXPECT_EQ(error_of([&] { spec_from_json(json); }), "workers: expected a whole number from 0 on, found 4.5");
  json["workers"] = 4294967296;
  EXPECT_EQ(error_of([&] { spec_from_json(json); }), "workers: 4294967296 is more than 4294967295");
}

TEST(RecordJson, text_that_is_not_json_is_an_error_with_its_line) {
  EXPECT_EQ(error_of([] { parse_json("{", "trial spec"); }), "trial spec:1: the JSON is cut off");
  EXPECT_EQ(error_of([] { parse_json("{\n\"model\": }", "trial spec"); }), "trial spec:2: not JSON, at byte 12");
  EXPECT_EQ(error_of([] { record_from_json(parse_json("[]", "record")); }), "JSON: expected an object, found []");
}

TEST(RecordJson, a_reason_that_is_not_utf8_is_written_all_the_same) {
  TrialRecord record = full_record();
  record.reason = "broken \xff\xfe text";
  EXPECT_EQ(record_from_json(Json::parse(to_line(record_to_json(record)))).reason,
            "broken \xef\xbf\xbd\xef\xbf\xbd text");
}

class JsonFile : public testing::Test {
 protected:
  ScratchFolder folder_;
};

TEST_F(JsonFile, trials_read_back_as_they_were_written) {
  const std::vector<TrialRecord> written = sample_failures();
  const std::string path = folder_.path("r.json");
  {
    JsonWriter writer(path);
    EXPECT_TRUE(read_json(path).empty()) << "a whole document before the first trial ends";
    for (std::size_t i = 0; i < written.size(); ++i) {
      writer.add(written[i]);
      ASSERT_EQ(read_json(path).size(), i + 1) << "a whole document after every trial";
    }
  }
  const std::vector<TrialRecord> read = read_json(path);
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) expect_same(read[i], written[i]);
  EXPECT_EQ(folder_.count_files(), 1U) << "nothing is left beside it";
  EXPECT_EQ(Json::parse(folder_.text("r.json"))["host"], host_to_json(sample_host()));
}

// What is left of a file when the process that writes it is killed at any moment.
TEST_F(JsonFile, cut_off_within_a_trial_it_is_read_without_that_trial_and_goes_on) {
  TrialRecord record = sample_record();
  for (auto latency : {&TrialRecord::queueing, &TrialRecord::service, &TrialRecord::response}) {
    (record.*latency).histogram.reset();
  }
  const std::string path = folder_.path("r.json");
  JsonWriter(path).add(record);
  const std::string one = folder_.text("r.json");
  JsonWriter(path).add(record);
  const std::string two = folder_.text("r.json");
  for (std::size_t size = one.size() - json_tail.size();
       size<two.size(); size += size> one.size() + 20 && size + 20 < two.size() ? 7 : 1) {
    std::filesystem::remove(path);
    folder_.file("r.json", two.substr(0, size));
    std::vector<std::string> notes;
    const std::size_t readable = size < two.size() - json_tail.size() ? 1 : 2;
    ASSERT_EQ(read_json(path, notes).size(), readable) << size;
    EXPECT_EQ(notes.empty(), size == two.size() - 1) << "that lacks no more than a line end";
    JsonWriter writer(path);
    ASSERT_EQ(Json::parse(folder_.text("r.json"))["trials"].size(), readable) << "whole before the next trial ends";
    EXPECT_EQ(writer.note().empty(), notes.empty());
    writer.add(record);
    ASSERT_EQ(Json::parse(folder_.text("r.json"))["trials"].size(), readable + 1) << size;
  }
}

TEST_F(JsonFile, cut_off_before_its_first_trial_it_begins_anew) {
  const std::string path = folder_.path("r.json");
  TrialRecord record = sample_record();
  JsonWriter(path).add(record);
  const std::string one = folder_.text("r.json");
  for (std::size_t size = 0; size <= one.find("\"trials\": [") + 11; size += size > 20 ? 7 : 1) {
    std::filesystem::remove(path);
    folder_.file("r.json", one.substr(0, size));
    JsonWriter(path).add(record);
    ASSERT_EQ(read_json(path).size(), 1U) << size;
  }
}

TEST_F(JsonFile, a_trial_costs_as_much_to_write_whatever_was_written_before) {
  const std::string path = folder_.path("r.json");
  JsonWriter writer(path);
  const TrialRecord record = sample_record();
  const auto cpu_of_fifty = [&] {
    const std::clock_t begin = std::clock();
    for (int i = 0; i < 50; ++i) writer.add(record);
    return std::clock() - begin;
  };
  cpu_of_fifty();
  const std::clock_t first = cpu_of_fifty();
  for (int i = 0; i < 1500; ++i) writer.add(record);
  EXPECT_LT(cpu_of_fifty(), 4 * first) << "where the document is written anew, 30 times as much";
  EXPECT_EQ(read_json(path).size(), 1650U);
}

TEST_F(JsonFile, a_document_in_any_form_is_continued) {
  const TrialRecord record = sample_record();
  JsonWriter(folder_.path("r.json")).add(record);
  const Json document = Json::parse(folder_.text("r.json"));
  Json last = document;
  last["mine"] = {{"trials", {1, 2}}};
  for (const std::string& text :
       {document.dump(), document.dump(2), last.dump(), last.dump(4) + "\n", "\xef\xbb\xbf" + document.dump(),
        std::string("{\"schema_version\":1,\"trials\":[]}")}) {
    const std::string path = folder_.file("form.json", text);
    const std::size_t before = read_json(path).size();
    for (int i = 0; i < 2; ++i) {
      JsonWriter one(path);
      JsonWriter other(path);
      one.add(record);
      other.add(record);
      one.add(record);
    }
    EXPECT_EQ(read_json(path).size(), before + 6);
    const std::string after = folder_.text("form.json");
    EXPECT_EQ(Json::parse(after).contains("mine"), text.find("mine") != std::string::npos) << "what is not ours stays";
  }
}

TEST_F(JsonFile, a_trial_of_another_host_keeps_its_own_facts) {
  const std::string path = folder_.path("r.json");
  TrialRecord elsewhere = sample_record();
  elsewhere.host.cpu_model = "Another CPU";
  JsonWriter(path).add(sample_record());
  JsonWriter(path).add(elsewhere);
  JsonWriter(path).add(sample_record());
  const auto records = read_json(path);
  EXPECT_EQ(records[0].host, sample_host());
  EXPECT_EQ(records[1].host.cpu_model, "Another CPU");
  EXPECT_EQ(records[2].host, sample_host());
}

TEST_F(JsonFile, counts_that_no_trial_can_have_are_refused) {
  Json record = record_to_json(sample_record());
  record["response_histogram"] = Json::parse("[[1,9007199254740992]]");
  EXPECT_NO_THROW(record_from_json(record));
  record["response_histogram"] = Json::parse("[[1,9007199254740992],[2,1]]");
  EXPECT_EQ(error_of([&] { record_from_json(record); }),
            "response_histogram[1]: more than 9007199254740992 counts in all");
  record["response_histogram"] = Json::parse("[[1,18446744073709551615]]");
  EXPECT_EQ(error_of([&] { record_from_json(record); }),
            "response_histogram[0]: 18446744073709551615 is more than 9007199254740992");
}

TEST_F(JsonFile, a_trial_of_before_there_were_ids_is_read) {
  Json record = record_to_json(sample_record());
  record.erase("trial_id");
  EXPECT_EQ(record_from_json(record).id, "");
  record["trial_id"] = "0123456789abcdef";
  EXPECT_EQ(record_from_json(record).id, "0123456789abcdef");
  record["trial_id"] = "17";
  EXPECT_EQ(error_of([&] { record_from_json(record); }), "trial_id: \"17\" is not 16 hexadecimal digits");
}

TEST_F(JsonFile, trials_that_are_there_stay) {
  JsonWriter(folder_.path("r.json")).add(sample_record({.model = "pool"}));
  JsonWriter(folder_.path("r.json")).add(sample_record({.model = "fibers"}));
  const auto records = read_json(folder_.path("r.json"));
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].spec.model, "pool");
  EXPECT_EQ(records[1].spec.model, "fibers");
}

TEST_F(JsonFile, what_is_not_a_document_of_cbench_is_left_alone) {
  for (const std::string text : {"{\"name\": \"package\"}", "[1, 2]", "{\n\"trials\": [", "hello"}) {
    const std::string path = folder_.file("r.json", text);
    EXPECT_TRUE(begins(error_of([&] { JsonWriter writer(path); }), path + ":"));
    EXPECT_EQ(folder_.text("r.json"), text);
  }
  const std::string path = folder_.file("r.json", R"({"schema_version": 9, "trials": []})");
  EXPECT_EQ(error_of([&] { JsonWriter writer(path); }),
            path + ": schema version 9, but this program reads versions 1 to 2");
}

TEST_F(JsonFile, a_path_that_cannot_be_written_fails_at_once) {
  EXPECT_EQ(error_of([&] { JsonWriter writer(folder_.path("none/r.json")); }),
            folder_.path("none/r.json") + ": No such file or directory");
  std::filesystem::create_directory(folder_.path("d.json"));
  EXPECT_EQ(error_of([&] { JsonWriter writer(folder_.path("d.json")); }), folder_.path("d.json") + ": Is a directory");
  EXPECT_TRUE(has(error_of([&] { JsonWriter writer("/dev/null"); }), "/dev/null: not a regular file"));
}

TEST_F(JsonFile, a_full_disk_leaves_the_document_whole) {
  const std::string path = folder_.path("r.json");
  JsonWriter writer(path);
  writer.add(sample_record());
  const std::string before = folder_.text("r.json");
  {
    const FileSizeLimit limit(before.size() + 100);
    EXPECT_EQ(error_of([&] { writer.add(sample_record()); }),
              path + ": disk full (File too large); 1 trial before it is safe");
    EXPECT_EQ(folder_.text("r.json"), before);
    EXPECT_EQ(folder_.count_files(), 1U) << "no half-written file is left beside it";
  }
  writer.add(sample_record());
  EXPECT_EQ(read_json(path).size(), 2U) << "it goes on where there is room again";
}

TEST_F(JsonFile, a_link_stays_a_link_and_a_mode_stays_a_mode) {
  namespace fs = std::filesystem;
  folder_.file("real.json", "");
  fs::permissions(folder_.path("real.json"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real.json", folder_.path("link.json"));
  JsonWriter(folder_.path("link.json")).add(sample_record());
  EXPECT_TRUE(fs::is_symlink(folder_.path("link.json")));
  EXPECT_EQ(read_json(folder_.path("real.json")).size(), 1U);
  EXPECT_EQ(fs::status(folder_.path("real.json")).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(JsonFile, a_broken_file_is_an_error_that_says_where) {
  JsonWriter writer(folder_.path("r.json"));
  writer.add(sample_record());
  writer.add(sample_record());
  const std::string text = folder_.text("r.json");
  const std::string path = folder_.path("broken.json");
  folder_.file("broken.json", text.substr(0, text.find("\"trials\"") + 5));
  EXPECT_EQ(error_of([&] { read_json(path); }), path + ":4: the JSON is cut off");
  std::string odd = text;
  odd.replace(odd.rfind("\"status\":\"ok\""), 13, "\"status\":\"ok,");
  folder_.file("broken.json", odd);
  EXPECT_TRUE(begins(error_of([&] { read_json(path); }), path + ":"));
  Json document = Json::parse(text);
  document["trials"][1]["spec"]["workers"] = "two";
  folder_.file("broken.json", document.dump());
  EXPECT_EQ(error_of([&] { read_json(path); }),
            path + ": trials[1].spec.workers: expected a whole number from 0 on, found \"two\"");
}

TEST_F(JsonFile, a_sink_is_chosen_by_the_extension) {
  open_sink(folder_.path("r.csv"))->add(sample_record());
  open_sink(folder_.path("r.JSON"))->add(sample_record());
  EXPECT_EQ(read_records(folder_.path("r.csv")).size(), 1U);
  EXPECT_EQ(read_records(folder_.path("r.JSON")).size(), 1U);
}

TEST_F(JsonFile, an_extension_that_is_not_known_is_the_persons_mistake) {
  for (const char* name : {"r.xls", "r", "csv", ""}) {
    try {
      open_sink(folder_.path(name));
      ADD_FAILURE() << name;
    } catch (const UsageError& error) {
      EXPECT_TRUE(has(error.what(), "a file of results ends with .csv, .json"));
    }
  }
  EXPECT_EQ(folder_.count_files(), 0U);
}

}  // namespace
}  // namespace cbench
