#include "record/columns.hpp"

#include <cmath>
#include <limits>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/golden.hpp"
#include "tests/support/sample_records.hpp"

namespace cbench {
namespace {

std::string text_of(std::string_view name, const TrialRecord& record) {
  const Column* column = find_column(name);
  return column == nullptr ? "no such column" : column->text(record);
}

std::string error_of(std::string_view name, std::string_view text) {
  TrialRecord record;
  try {
    find_column(name)->parse(text, record);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(Columns, the_documentation_is_what_the_code_says) {
  expect_same_as_file(columns_document(), "../docs/columns.md");
}

TEST(Columns, names_are_unique_and_carry_their_unit) {
  std::set<std::string_view> names;
  for (const Column& column : columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_TRUE(column.summary.ends_with('.')) << column.name;
    EXPECT_EQ(column.unit == "us", column.name.ends_with("_us")) << column.name;
    EXPECT_EQ(column.unit == "1/s", column.name.ends_with("_per_s")) << column.name;
    EXPECT_EQ(column.unit == "bytes", column.name.ends_with("_bytes") || column.name.starts_with("bytes_"))
        << column.name;
    if (column.unit == "s") {
      EXPECT_TRUE(column.name.ends_with("_s")) << column.name;
    }
  }
}

TEST(Columns, of_classes_hold_a_value_for_each_class_that_has_tasks_enough) {
  TrialRecord record = sample_record();
  EXPECT_EQ(text_of("class_tasks", record), "");
  Histogram times;
  times.record(1'000'000, 1);
  record.classes = {{.name = "light", .tasks = 990, .response = summarise(times)},
                    {.name = "heavy", .tasks = 100, .response = summarise(times)}};
  record.classes[0].response.p90_us = 1500;
  record.classes[1].response.p90_us = 2500;
  EXPECT_EQ(text_of("class_tasks", record), "heavy=100;light=990");
  EXPECT_EQ(text_of("class_p90_us", record), "heavy=2500;light=1500") << "ten of 100 tasks lie beyond the p90";
  EXPECT_EQ(text_of("class_p99_us", record), "") << "fewer than ten of 990 tasks lie beyond the p99";
  TrialRecord read;
  for (const char* name : {"class_p90_us", "class_tasks"}) find_column(name)->parse(text_of(name, record), read);
  ASSERT_EQ(read.classes.size(), 2U);
  EXPECT_EQ(text_of("class_p90_us", read), text_of("class_p90_us", record));
  EXPECT_NE(error_of("class_tasks", "light"), "");
  EXPECT_NE(error_of("class_p90_us", "light=fast"), "");
}

TEST(Columns, those_that_other_programs_rely_on_are_there) {
  for (const char* name : {"status",
                           "reason",
                           "model",
                           "workload",
                           "workers",
                           "concurrency",
                           "repetition",
                           "seed",
                           "tasks",
                           "throughput_per_s",
                           "ideal_per_s",
                           "efficiency",
                           "response_p50_us",
                           "response_p99_us",
                           "response_p999_us",
                           "queueing_p50_us",
                           "queueing_p99_us",
                           "service_p50_us",
                           "service_p99_us",
                           "cpu_per_task_us",
                           "peak_rss_bytes",
                           "units_created",
                           "os_threads",
                           "slot_spread",
                           "digest"}) {
    EXPECT_NE(find_column(name), nullptr) << name;
  }
  EXPECT_EQ(find_column("latency"), nullptr);
}

TEST(Columns, text_goes_in_and_comes_out_the_same) {
  TrialRecord record = sample_record();
  record.spec.settings = {{"stack", "16k"}, {"odd", R"(a;b\c=d)"}};
  record.warnings = {"one | two", R"(back\slash)", "three"};
  record.reason = "a, \"b\"\nc";
  record.throughput_per_s = 48'901.123456789;
  TrialRecord read;
  for (const Column& column : columns()) column.parse(column.text(record), read);
  for (const Column& column : columns()) EXPECT_EQ(column.text(read), column.text(record)) << column.name;
  EXPECT_EQ(read.spec.settings, record.spec.settings);
  EXPECT_EQ(read.warnings, record.warnings);
  EXPECT_EQ(read.throughput_per_s, record.throughput_per_s);
  EXPECT_EQ(read.spec.load.warmup, record.spec.load.warmup);
  EXPECT_EQ(read.digest, record.digest);
  EXPECT_EQ(read.host, record.host);
}

TEST(Columns, what_a_failed_trial_did_not_measure_is_empty_and_not_0) {
  TrialRecord record;
  record.spec.model = "threads";
  record.status = Status::failed;
  record.reason = "killed by signal 9";
  for (const char* name : {"tasks", "throughput_per_s", "window_s", "ideal_per_s", "response_p50_us", "cpu_s",
                           "cpu_per_task_us", "peak_rss_bytes", "slot_spread", "digest", "steal_share", "cpu_quota"}) {
    EXPECT_EQ(text_of(name, record), "") << name;
  }
  record.tasks_total = 17;
  EXPECT_EQ(text_of("tasks_total", record), "17") << "what was known when it ended stays";
  EXPECT_EQ(text_of("workers", record), "1");
}

TEST(Columns, cpu_time_that_is_not_known_is_empty_and_not_0) {
  TrialRecord record = sample_record();
  record.cpu_s = record.cpu_per_task_us = record.peer_cpu_share = 0;
  record.foreign_cpu_share = record.steal_share = std::nullopt;
  for (const char* name : {"cpu_s", "cpu_per_task_us", "peer_cpu_share", "foreign_cpu_share", "steal_share"}) {
    EXPECT_EQ(text_of(name, record), "") << name;
  }
  TrialRecord read;
  find_column("foreign_cpu_share")->parse("", read);
  EXPECT_FALSE(read.foreign_cpu_share.has_value());
  find_column("foreign_cpu_share")->parse("0", read);
  EXPECT_EQ(read.foreign_cpu_share, 0);
  record = sample_record();
  record.peer_cpu_share = 0;
  EXPECT_EQ(text_of("peer_cpu_share", record), "0") << "no peer ran, and that is known";
  record.tasks = 0;
  record.cpu_per_task_us = 0;
  EXPECT_EQ(text_of("cpu_per_task_us", record), "") << "there is no task to share it";
}

TEST(Columns, a_0_that_was_measured_is_0) {
  TrialRecord record = sample_record();
  record.steal_share = 0;
  record.slot_spread = 0;
  record.context_switches_involuntary = 0;
  record.demand_cpu_us = 0;
  EXPECT_EQ(text_of("steal_share", record), "0");
  EXPECT_EQ(text_of("slot_spread", record), "0");
  EXPECT_EQ(text_of("context_switches_involuntary", record), "0");
  record.context_switches_involuntary.reset();
  EXPECT_EQ(text_of("context_switches_involuntary", record), "") << "a runtime that does not tell";
  EXPECT_EQ(text_of("demand_cpu_us", record), "0") << "the demand to wait is known, so this one is";
}

// The times of an open load are of tasks that were due within the window, whenever they finished.
TEST(Columns, times_of_an_open_load_are_there_where_tasks_were_timed) {
  TrialRecord record = sample_record();
  record.spec.load.kind = LoadKind::open;
  record.status = Status::overloaded;
  record.tasks = 100;
  record.arrived.due = 2000;
  record.arrived.unfinished = 2000;
  record.response = {};
  EXPECT_EQ(text_of("response_p99_us", record), "") << "those that finished were due before";
  record = sample_record();
  record.spec.load.kind = LoadKind::open;
  record.tasks = 0;
  record.arrived.due = 20;
  EXPECT_NE(text_of("response_p99_us", record), "") << "they finished after the window";
}

TEST(Columns, a_steady_state_is_yes_or_no_or_not_known) {
  TrialRecord record = sample_record();
  EXPECT_EQ(text_of("steady_state", record), "");
  record.steady_state = true;
  EXPECT_EQ(text_of("steady_state", record), "yes");
  record.steady_state = false;
  EXPECT_EQ(text_of("steady_state", record), "no");
  TrialRecord read;
  find_column("steady_state")->parse("no", read);
  EXPECT_EQ(read.steady_state, false);
  EXPECT_EQ(error_of("steady_state", "maybe"), "\"maybe\" is neither yes nor no");
}

TEST(Columns, a_load_has_no_columns_of_another_load) {
  TrialRecord record = sample_record();
  EXPECT_EQ(text_of("rate_per_s", record), "");
  EXPECT_EQ(text_of("arrivals", record), "");
  EXPECT_EQ(text_of("fixed_tasks", record), "");
  record.spec.load.kind = LoadKind::open;
  record.spec.load.rate_per_s = 5000;
  record.spec.load.poisson = false;
  EXPECT_EQ(text_of("rate_per_s", record), "5000");
  EXPECT_EQ(text_of("arrivals", record), "constant");
}

TEST(Columns, what_cannot_be_a_measurement_is_never_written) {
  TrialRecord record = sample_record();
  record.cpu_per_task_us = std::numeric_limits<double>::quiet_NaN();
  record.efficiency = std::numeric_limits<double>::infinity();
  record.foreign_cpu_share = -0.001;
  EXPECT_EQ(text_of("cpu_per_task_us", record), "");
  EXPECT_EQ(text_of("efficiency", record), "");
  EXPECT_EQ(text_of("foreign_cpu_share", record), "");
}

TEST(Columns, a_digest_keeps_all_64_bits) {
  TrialRecord record = sample_record();
  record.digest = 0xfedcba9876543210;
  EXPECT_EQ(text_of("digest", record), "fedcba9876543210");
  record.digest = 1;
  EXPECT_EQ(text_of("digest", record), "0000000000000001");
}

TEST(Columns, bad_text_is_refused_with_a_reason) {
  EXPECT_EQ(error_of("throughput_per_s", "nan"), "\"nan\" is not a finite number");
  EXPECT_EQ(error_of("throughput_per_s", "inf"), "\"inf\" is not a finite number");
  EXPECT_EQ(error_of("throughput_per_s", "1e999"), "\"1e999\" is out of range");
  EXPECT_EQ(error_of("throughput_per_s", "-1"), "\"-1\" is less than 0");
  EXPECT_EQ(error_of("throughput_per_s", "12 "), "\"12 \" is not a number");
  EXPECT_EQ(error_of("workers", "2.5"), "\"2.5\" is not a whole number");
  EXPECT_EQ(error_of("workers", "-1"), "\"-1\" is not a whole number");
  EXPECT_EQ(error_of("workers", "4294967296"), "\"4294967296\" is too large");
  EXPECT_EQ(error_of("workers", ""), "must not be empty");
  EXPECT_EQ(error_of("status", "fine"), "\"fine\" is none of ok, failed, timed_out, unsupported, invalid, overloaded");
  EXPECT_EQ(error_of("load", "half"), "\"half\" is none of closed, fixed, open");
  EXPECT_EQ(error_of("baseline", "1"), "\"1\" is neither true nor false");
  EXPECT_EQ(error_of("digest", "12"), "\"12\" is not 16 hexadecimal digits");
  EXPECT_EQ(error_of("settings", "stack"), "\"stack\" is not of the form name=value;name=value");
  EXPECT_EQ(error_of("settings", "a=1;a=2"), "\"a=1;a=2\" is a map that names one thing twice");
  EXPECT_EQ(error_of("warmup_s", "1e300"), "\"1e300\" is too large");
  EXPECT_EQ(error_of("schema_version", "3"), "schema version 3, but this program reads versions 1 to 2");
}

}  // namespace
}  // namespace cbench
