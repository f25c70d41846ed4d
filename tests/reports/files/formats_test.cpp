// Results in the formats of other tools: what their readers rely on, and that a file stays whole while it grows.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <zlib.h>
#include <nlohmann/json.hpp>

#include "record/cell_name.hpp"
#include "record/record_json.hpp"
#include "reports/files/formats.hpp"
#include "reports/files/histogram_payload.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> fields_of(const std::string& line, char between) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, between);) fields.push_back(field);
  return fields;
}

// --- A reader of the V2 encoding, written from its description and without the encoder ---

std::string from_base64(const std::string& text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").find(c);
    EXPECT_NE(digit, std::string::npos) << c;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

struct Decoded {
  std::uint32_t outer_cookie = 0;
  std::uint32_t inner_cookie = 0;
  std::uint32_t digits = 0;
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
  std::uint64_t ratio_bits = 0;
  std::vector<std::int64_t> words;    // as encoded: counts, and runs of zeros as negative numbers
  std::vector<std::uint64_t> counts;  // of the indexes from 0 on
};

Decoded decode(const std::string& payload) {
  std::string bytes = from_base64(payload);
  std::size_t at = 0;
  const auto number = [&](std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(at++));
    return value;
  };
  Decoded out;
  out.outer_cookie = static_cast<std::uint32_t>(number(4));
  EXPECT_EQ(number(4), bytes.size() - 8) << "the length of the zlib stream";
  std::string inside(1 << 22, '\0');
  uLongf size = inside.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(inside.data()), &size, reinterpret_cast<const Bytef*>(&bytes[at]),
                       bytes.size() - at),
            Z_OK);
  bytes = inside.substr(0, size);
  at = 0;
  out.inner_cookie = static_cast<std::uint32_t>(number(4));
  EXPECT_EQ(number(4), bytes.size() - 40) << "the length of the counts";
  EXPECT_EQ(number(4), 0U) << "the index offset";
  out.digits = static_cast<std::uint32_t>(number(4));
  out.lowest = number(8);
  out.highest = number(8);
  out.ratio_bits = number(8);
  while (at < bytes.size()) {
    std::uint64_t bits = 0;
    for (int byte = 0;; ++byte) {
      const auto next = static_cast<unsigned char>(bytes.at(at++));
      bits |= std::uint64_t{byte < 8 ? next & 0x7fU : next} << 7 * byte;
      if (byte == 8 || next < 0x80) break;
    }
    const auto word = static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
    out.words.push_back(word);
    if (word < 0) {
      out.counts.insert(out.counts.end(), static_cast<std::size_t>(-word), 0);
    } else {
      out.counts.push_back(static_cast<std::uint64_t>(word));
    }
  }
  return out;
}

void expect_decodes_to(const std::string& payload, const Histogram& histogram) {
  Decoded decoded = decode(payload);
  ASSERT_LE(decoded.counts.size(), HistogramLayout::size);
  decoded.counts.resize(HistogramLayout::size);
  for (std::uint32_t i = 0; i < HistogramLayout::size; ++i) {
    ASSERT_EQ(decoded.counts[i], histogram.count_at(i)) << "index " << i;
  }
}

TEST(HistogramPayload, every_count_comes_back) {
  Histogram histogram;
  histogram.record(0, 3);
  histogram.record(1);
  for (std::uint64_t ns = 7; ns < HistogramLayout::highest; ns = ns * 3 + 1) histogram.record(ns, ns % 1000 + 1);
  histogram.record(HistogramLayout::highest);
  expect_decodes_to(histogram_payload(histogram), histogram);
  expect_decodes_to(histogram_payload(*sample_record().response.histogram), *sample_record().response.histogram);
}

TEST(HistogramPayload, counts_of_any_size_come_back) {
  Histogram histogram;
  std::uint64_t ns = 1000;
  for (int bits = 0; bits < 56; ++bits) {
    histogram.record(ns += 10, std::uint64_t{1} << bits);
    histogram.record(ns += 10, (std::uint64_t{1} << bits) - 1);
  }
  histogram.record(ns += 10, std::uint64_t{1} << 62);  // all 64 bits of nine bytes
  histogram.record(ns += 10, 5);
  expect_decodes_to(histogram_payload(histogram), histogram);
}

TEST(HistogramPayload, runs_of_zeros_are_one_word_and_what_follows_the_last_count_is_left_out) {
  Histogram histogram;
  histogram.record(5, 2);
  histogram.record(7, 300);
  EXPECT_EQ(decode(histogram_payload(histogram)).words, (std::vector<std::int64_t>{-5, 2, 0, 300}));
  EXPECT_EQ(decode(histogram_payload(Histogram())).words, std::vector<std::int64_t>{0});
}

TEST(HistogramPayload, the_header_says_version_2_and_the_range_of_our_histograms) {
  const Decoded decoded = decode(histogram_payload(Histogram()));
  EXPECT_EQ(decoded.outer_cookie, 0x1c849314U);
  EXPECT_EQ(decoded.inner_cookie, 0x1c849313U);
  EXPECT_EQ(decoded.digits, 3U);
  EXPECT_EQ(decoded.lowest, 1U);
  EXPECT_EQ(decoded.highest, 3'600'000'000'000U);
  EXPECT_EQ(decoded.ratio_bits, 0x3ff0000000000000U) << "1.0";
}

// What HdrHistogram's own library for Java writes for one value of 12,345 ns.
TEST(HistogramPayload, a_histogram_of_the_reference_library_reads_alike) {
  Histogram histogram;
  histogram.record(12'345);
  expect_decodes_to("HISTFAAAACN42pNpmSzMwMDAzAABMJoRyHQz2LGAwf4DRKDXgwkAXb8FJQ==", histogram);
}

// --- Names ---

TEST(CellName, it_names_what_was_asked_for_but_not_the_repetition) {
  TrialSpec spec = sample_record().spec;
  spec.settings = {{"stack", "16k"}};
  EXPECT_EQ(cell_name(spec), "io/model=fibers/stack=16k/bytes=64/delay=20ms/workers=2/concurrency=1000");
  TrialSpec other = spec;
  other.repetition = 2;
  other.seed = 99;
  EXPECT_EQ(cell_name(other), cell_name(spec));
  other.load.kind = LoadKind::open;
  other.load.rate_per_s = 2500;
  EXPECT_EQ(cell_name(other), cell_name(spec) + "/rate=2500");
  other.load.kind = LoadKind::fixed;
  other.load.tasks = 10;
  EXPECT_EQ(cell_name(other), cell_name(spec) + "/tasks=10");
  EXPECT_EQ(family_of(cell_name(spec)), "io/model=fibers/stack=16k/bytes=64/delay=20ms");
}

TEST(CellName, it_is_one_word_whatever_a_value_holds) {
  TrialSpec spec = sample_record().spec;
  spec.workload = "my work/load.json";
  spec.parameters = {{"text", "a,b \"c\"\n\xff/=#"}};
  EXPECT_EQ(cell_name(spec), "my_work_load.json/model=fibers/text=a_b__c______/workers=2/concurrency=1000");
}

// --- Files ---

class Formats : public testing::Test {
 protected:
  std::string grown(const std::string& name, const std::vector<TrialRecord>& records) const {
    const auto sink = open_sink(folder_.path(name));
    for (const TrialRecord& record : records) sink->add(record);
    return folder_.text(name);
  }
  ScratchFolder folder_;
};

TrialRecord failed_record() {
  TrialRecord record;
  record.spec = sample_record().spec;
  record.status = Status::timed_out;
  record.reason = "no end after 30 s\nand no progress \xff";
  record.host = sample_host();
  record.build = sample_build();
  return record;
}

TEST_F(Formats, each_is_chosen_by_the_longest_extension_that_fits) {
  EXPECT_TRUE(has(grown("r.gbench.json", {}), "\"benchmarks\""));
  EXPECT_TRUE(has(grown("R.JSON", {}), "\"trials\""));
  EXPECT_TRUE(has(grown("gbench.json", {}), "\"trials\""));
  EXPECT_TRUE(has(grown("r.hlog", {}), "[Histogram log format version 1.3]"));
  EXPECT_TRUE(has(grown("r.GoBench.txt", {}), "Unit tasks/s"));
}

TEST_F(Formats, what_is_for_other_tools_only_says_so_when_it_is_read) {
  for (const std::string extension : {".gbench.json", ".hlog", ".gobench.txt"}) {
    const std::string path = folder_.path("r" + extension);
    grown("r" + extension, {sample_record()});
    const auto said = path + ": " + extension + " is for other tools and cannot be read back; use .csv or .json";
    EXPECT_THROW(read_records(path), UsageError);
    EXPECT_EQ(error_of([&] { read_records(path); }), said);
    EXPECT_EQ(error_of([&] { check_readable(path); }), said);
  }
  EXPECT_NO_THROW(check_readable("points.csv"));
  EXPECT_NO_THROW(check_readable("points.txt"));
}

TEST_F(Formats, a_file_that_cannot_be_written_or_is_another_one_is_left_alone) {
  for (const std::string extension : {".gbench.json", ".hlog", ".gobench.txt"}) {
    EXPECT_TRUE(has(error_of([&] { open_sink(folder_.path("none/r" + extension)); }), "No such file or directory"));
    const std::string path = folder_.file("mine" + extension, "{\"mine\": 1}\n");
    EXPECT_TRUE(has(error_of([&] { open_sink(path); }), path + ": ")) << extension;
    EXPECT_TRUE(has(error_of([&] { open_sink(path); }), "write to another file")) << extension;
    EXPECT_EQ(folder_.text("mine" + extension), "{\"mine\": 1}\n");
  }
}

TEST_F(Formats, a_full_disk_leaves_the_records_before_it) {
  for (const std::string extension : {".gbench.json", ".hlog", ".gobench.txt"}) {
    const std::string path = folder_.path("full" + extension);
    const auto sink = open_sink(path);
    sink->add(sample_record());
    const std::string one = folder_.text("full" + extension);
    {
      const FileSizeLimit limit(one.size() + 100);
      const std::string error = error_of([&] { sink->add(sample_record()); });
      EXPECT_TRUE(has(error, "disk full (File too large); 1 ")) << extension << error;
    }
    EXPECT_EQ(folder_.text("full" + extension), one) << extension;
  }
}

TEST_F(Formats, a_line_that_is_cut_off_is_taken_away_before_the_next) {
  for (const std::string extension : {".hlog", ".gobench.txt"}) {
    const std::string text = grown("cut" + extension, {sample_record()});
    const std::string path = folder_.file("cut" + extension, text.substr(0, text.size() - 5));
    EXPECT_TRUE(has(open_sink(path)->note(), "the last record was cut off when what wrote it ended")) << extension;
    EXPECT_EQ(folder_.text("cut" + extension), text.substr(0, text.rfind('\n', text.size() - 2) + 1));
    folder_.file("cut" + extension, text + "my own words");
    EXPECT_TRUE(has(error_of([&] { open_sink(path); }), "the last record has no line end")) << extension;
  }
  const std::string text = grown("cut.gbench.json", {sample_record()});
  const std::string path = folder_.file("cut.gbench.json", text.substr(0, text.size() - 5));
  EXPECT_TRUE(has(error_of([&] { open_sink(path); }), "the JSON is cut off"));
}

// --- HdrHistogram's log ---

TEST_F(Formats, a_histogram_log_has_a_tagged_histogram_for_each_trial_and_kind) {
  const TrialRecord record = sample_record();
  const auto lines = lines_of(grown("r.hlog", {record, sample_record({.repetition = 2})}));
  ASSERT_EQ(lines.size(), 10U);
  EXPECT_EQ(lines[1], "#[Histogram log format version 1.3]");
  EXPECT_EQ(lines[2], "#[StartTime: 1715938200.000 (seconds since epoch), 2024-05-17T09:30:00Z]");
  EXPECT_EQ(lines[3], R"("StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram")");
  const Latency* kinds[] = {&record.queueing, &record.service, &record.response};
  const char* names[] = {"queueing", "service", "response"};
  for (std::size_t i = 0; i < 6; ++i) {
    const auto fields = fields_of(lines[4 + i], ',');
    ASSERT_EQ(fields.size(), 5U) << lines[4 + i];
    EXPECT_EQ(fields[0], "Tag=" + cell_name(record.spec) + "/repetition=" + (i < 3 ? "1" : "2") + "/" + names[i % 3]);
    EXPECT_EQ(fields[0].find(' '), std::string::npos);
    EXPECT_EQ(fields[1], "1715938200.551") << "the window opens after the set-up and the warm-up";
    EXPECT_EQ(fields[2], "2.000");
    if (i >= 3) continue;
    EXPECT_NEAR(std::stod(fields[3]), kinds[i]->max_us / 1000, 0.0006) << "in ms";
    expect_decodes_to(fields[4], *kinds[i]->histogram);
  }
}

TEST_F(Formats, a_histogram_log_keeps_one_start_time_when_it_is_continued) {
  const std::string first = grown("r.hlog", {sample_record()});
  const std::string both = grown("r.hlog", {sample_record()});
  EXPECT_TRUE(begins(both, first));
  EXPECT_EQ(lines_of(both).size(), lines_of(first).size() + 3);
  EXPECT_EQ(both.find("StartTime:"), both.rfind("StartTime:"));
}

TEST_F(Formats, a_trial_that_failed_is_a_comment_in_a_histogram_log) {
  const auto lines = lines_of(grown("r.hlog", {failed_record(), sample_record()}));
  EXPECT_EQ(lines[2],
            "#[" + cell_name(sample_record().spec) + "/repetition=1 timed_out: no end after 30 s and no progress ?]");
  EXPECT_TRUE(begins(lines[3], "#[StartTime:")) << "is that of a trial that ran";
}

// --- Google Benchmark's JSON ---

TEST_F(Formats, a_google_benchmark_entry_has_what_its_tools_read) {
  const TrialRecord record = sample_record();
  const Json document = Json::parse(grown("r.gbench.json", {record}));
  const Json& entry = document["benchmarks"][0];
  EXPECT_EQ(entry["name"], cell_name(record.spec));
  EXPECT_EQ(entry["run_name"], entry["name"]);
  EXPECT_EQ(entry["run_type"], "iteration");
  EXPECT_EQ(entry["threads"], 2);
  EXPECT_EQ(entry["iterations"], record.tasks);
  EXPECT_EQ(entry["time_unit"], "ns");
  EXPECT_DOUBLE_EQ(entry["real_time"], 1e9 / 48'900) << "the time of the window for each task";
  EXPECT_DOUBLE_EQ(entry["cpu_time"], 6'900);
  EXPECT_DOUBLE_EQ(entry["items_per_second"], 48'900);
  EXPECT_DOUBLE_EQ(entry["response_p99_us"], record.response.p99_us);
  EXPECT_DOUBLE_EQ(entry["queueing_p50_us"], record.queueing.p50_us);
  EXPECT_DOUBLE_EQ(entry["service_p999_us"], record.service.p999_us);
  const Json& context = document["context"];
  EXPECT_EQ(context["date"], "2024-05-17T09:30:00Z");
  EXPECT_EQ(context["num_cpus"], 2);
  EXPECT_EQ(context["library_build_type"], "release");
  EXPECT_EQ(context["cpu_scaling_enabled"], false);
  EXPECT_TRUE(context["caches"].is_array());
  EXPECT_TRUE(context.contains("host_name"));
}

TEST_F(Formats, google_benchmark_repetitions_are_counted_as_they_come) {
  std::vector<TrialRecord> records = sample_repetitions({});
  append(records, sample_repetitions({.workers = 1}));
  append(records, sample_repetitions({.model = "pool"}));
  std::swap(records[1], records[5]);
  grown("r.gbench.json", {records.begin(), records.begin() + 4});
  const Json document = Json::parse(grown("r.gbench.json", {records.begin() + 4, records.end()}));
  ASSERT_EQ(document["benchmarks"].size(), 9U);
  std::map<std::string, int> seen;
  for (const Json& entry : document["benchmarks"]) {
    const auto name = entry["name"].get<std::string>();
    EXPECT_EQ(entry["repetitions"], 3) << "also of those written before the others were known";
    EXPECT_EQ(entry["repetition_index"], seen[name]++);
    EXPECT_EQ(entry["family_index"], has(name, "model=pool") ? 1 : 0);
    EXPECT_EQ(entry["per_family_instance_index"], has(name, "workers=1") ? 1 : 0);
  }
}

TEST_F(Formats, a_failed_trial_is_no_measurement_in_google_benchmark_json) {
  TrialRecord idle = sample_record();
  idle.tasks = 0;
  idle.throughput_per_s = 0;
  const Json document = Json::parse(grown("r.gbench.json", {failed_record(), idle, sample_record()}));
  EXPECT_EQ(document["benchmarks"].size(), 1U);
  ASSERT_EQ(document["failed_trials"].size(), 2U);
  EXPECT_EQ(document["failed_trials"][0]["status"], "timed_out");
  EXPECT_TRUE(has(document["failed_trials"][0]["error_message"].get<std::string>(), "no end after 30 s"));
  EXPECT_EQ(document["failed_trials"][1]["error_message"], "no task finished within the window");
}

TEST_F(Formats, entries_that_google_benchmark_wrote_itself_stay) {
  const std::string text = R"({"context": {"date": "x", "mine": "y"}, "benchmarks": [
    {"name": "BM_One/8", "family_index": 4, "run_name": "BM_One/8", "run_type": "iteration", "real_time": 5},
    {"name": "BM_One/8_mean", "family_index": 4, "run_name": "BM_One/8", "run_type": "aggregate", "real_time": 5}]})";
  const std::string path = folder_.file("r.gbench.json", text);
  { const auto sink = open_sink(path); }
  EXPECT_EQ(Json::parse(folder_.text("r.gbench.json"))["benchmarks"], Json::parse(text)["benchmarks"]);
  const Json document = Json::parse(grown("r.gbench.json", {sample_record()}));
  ASSERT_EQ(document["benchmarks"].size(), 3U);
  EXPECT_EQ(document["benchmarks"][1], Json::parse(text)["benchmarks"][1]);
  EXPECT_EQ(document["benchmarks"][2]["family_index"], 5);
}

// --- Go's benchmark lines ---

TEST_F(Formats, a_go_benchmark_line_has_pairs_of_values_and_units) {
  const TrialRecord record = sample_record();
  const auto lines = lines_of(grown("r.gobench.txt", {record, record}));
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[1], "Unit tasks/s better=higher");
  EXPECT_EQ(lines[2], "pkg: cbench");
  EXPECT_EQ(lines[3], "cpu: Example CPU, 2 cores");
  const auto fields = fields_of(lines[4], ' ');
  ASSERT_EQ(fields.size() % 2, 0U) << lines[4];
  EXPECT_EQ(fields[0], "BenchmarkIo/model=fibers/bytes=64/delay=20ms/workers=2/concurrency=1000");
  EXPECT_EQ(fields[1], "97800");
  std::map<std::string, double> values;
  for (std::size_t i = 2; i < fields.size(); i += 2) values[fields[i + 1]] = std::stod(fields[i]);
  EXPECT_NEAR(values.at("ns/op"), 1e9 / 48'900, 0.1);
  EXPECT_DOUBLE_EQ(values.at("tasks/s"), 48'900);
  EXPECT_DOUBLE_EQ(values.at("cpu-sec/op"), 6.9e-6);
  EXPECT_NEAR(values.at("response-p99-sec"), record.response.p99_us / 1e6, 1e-6);
  EXPECT_NEAR(values.at("queueing-p50-sec"), record.queueing.p50_us / 1e6, 1e-9);
  EXPECT_EQ(values.at("peak-RSS-bytes"), 84'000'000);
  EXPECT_EQ(lines[5], lines[4]) << "repetitions have one name";
}

TEST_F(Formats, a_go_benchmark_file_is_continued_and_says_when_the_processor_changes) {
  const std::string first = grown("r.gobench.txt", {sample_record()});
  TrialRecord other = sample_record();
  other.host.cpu_model = "Another";
  const std::string both = grown("r.gobench.txt", {sample_record(), other});
  EXPECT_TRUE(begins(both, first));
  EXPECT_TRUE(has(both.substr(first.size()), "cpu: Another\nBenchmarkIo"));
}

TEST_F(Formats, a_failed_trial_is_a_comment_among_go_benchmarks) {
  const auto lines = lines_of(grown("r.gobench.txt", {failed_record()}));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[4],
            "# " + cell_name(sample_record().spec) + " repetition=1 timed_out: no end after 30 s and no progress ?");
}

}  // namespace
}  // namespace cbench
