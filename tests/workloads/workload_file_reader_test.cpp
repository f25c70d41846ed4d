// Files that people write: what is taken, and for what is not, the place and the remedy.
#include "workloads/workload_file_reader.hpp"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

WorkloadFile parse(const std::string& text) { return parse_workload_file(text, "mine.json"); }

std::string error_of(const std::string& text) {
  try {
    parse(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

// A file with this step alone.
std::string of_step(const std::string& step) { return fmt::format(R"({{"steps": [{}]}})", step); }

std::string of_delay(const std::string& delay) {
  return of_step(fmt::format(R"({{"do": "request", "delay": {}}})", delay));
}

struct Bad {
  std::string text;
  std::string place;
  std::string what;
};

void expect_refused(const std::vector<Bad>& cases) {
  for (const Bad& bad : cases) {
    const std::string error = error_of(bad.text);
    EXPECT_TRUE(error.starts_with("mine.json" + bad.place)) << bad.text << "\n" << error;
    EXPECT_NE(error.find(bad.what), std::string::npos) << bad.text << "\n" << error;
  }
}

TEST(workload_file_reader, takes_a_request_in_a_line) {
  const WorkloadFile file = parse(of_delay("\"20ms\""));
  EXPECT_EQ(file.name, "mine");
  EXPECT_EQ(file.concurrency, 100U);
  ASSERT_EQ(file.classes.size(), 1U);
  const FileStep& step = file.classes[0].steps.at(0);
  EXPECT_EQ(step.kind, StepKind::request);
  EXPECT_EQ(step.time, Distribution::constant(20'000'000));
  EXPECT_EQ(step.bytes, Distribution::constant(64));
}

TEST(workload_file_reader, takes_every_step_and_every_distribution) {
  const WorkloadFile file = parse(R"({
    "$schema": "x.json", "name": "shop", "summary": "all there is", "concurrency": 7,
    "classes": [
      {"name": "light", "weight": 99, "steps": [
        {"do": "wait", "time": {"uniform": {"from": "1ms", "to": "3ms"}}},
        {"do": "compute", "kernel": "primes", "amount": {"values": [{"value": "2k", "weight": 3}, {"value": 50, "weight": 1}]}}]},
      {"name": "heavy", "weight": 1, "steps": [
        {"do": "critical", "lock": "stock", "body": [
          {"do": "fan_out", "width": 4, "body": [
            {"do": "request", "bytes": {"exponential": {"mean": 100}}, "delay": {"lognormal": {"median": "5ms", "p99": "50ms"}}}]}]}]}
    ]})");
  EXPECT_EQ(file.name, "shop");
  EXPECT_EQ(file.concurrency, 7U);
  ASSERT_EQ(file.classes.size(), 2U);
  EXPECT_EQ(file.classes[0].steps.at(0).time, Distribution::uniform(1'000'000, 3'000'000));
  EXPECT_EQ(file.classes[0].steps.at(1).amount, Distribution::values({{2000, 3}, {50, 1}}));
  const FileStep& inner = file.classes[1].steps.at(0).body.at(0).body.at(0);
  EXPECT_EQ(inner.bytes, Distribution::exponential(100));
  EXPECT_EQ(inner.time, Distribution::lognormal(5'000'000, 50'000'000));
  EXPECT_EQ(file.locks(), std::vector<std::string>{"stock"});
}

TEST(workload_file_reader, says_the_line_where_it_is_no_json) {
  expect_refused({{"{\n  \"steps\": [,]\n}", ":2:13", "not JSON"},
                  {"{\"steps\": [", ":1:", "not JSON"},
                  {"", "", "the file is empty"},
                  {"steps: []", ":1:1", "not JSON"},
                  {R"({"steps": [], "steps": []})", ": /:", "\"steps\" stands twice"},
                  {of_step(R"({"do": "wait", "time": "1ms", "time": "2ms"})"), ": /steps/0:", "\"time\" stands twice"},
                  {R"({"classes": [{"name": "a", "weight": 1, "steps": [{}, {"a": [1, 2], "a": 3}]}]})",
                   ": /classes/0/steps/1:", "\"a\" stands twice"},
                  {R"({"steps": 1e999})", ": /steps:", "number overflow"},
                  {R"({"summary": [1, {}, [2], 1e999]})", ": /summary/3:", "number overflow"},
                  {"1e999", ": /:", "number overflow"}});
}

TEST(workload_file_reader, says_the_place_and_the_nearest_name) {
  expect_refused({
      {R"({"stepps": []})", ": /", "did you mean steps?"},
      {R"({"name": "x"})", ": /", "either \"steps\" or \"classes\""},
      {R"({"steps": [], "classes": []})", ": /", "either"},
      {of_step(R"({"do": "request", "dealy": "5ms"})"), ": /steps/0:", "unknown key \"dealy\"; did you mean delay?"},
      {of_step(R"({"do": "reqest", "delay": "5ms"})"), ": /steps/0/do:", "did you mean request?"},
      {of_step(R"({"do": "request"})"), ": /steps/0:", "\"delay\" is missing"},
      {of_step(R"({"delay": "5ms"})"), ": /steps/0:", "an object with \"do\""},
      {of_step(R"({"do": "compute", "kernel": "prime", "amount": 1})"), ": /steps/0/kernel:", "did you mean primes?"},
      {of_step(R"({"do": "compute", "kernel": "fault", "amount": 1})"), ": /steps/0/kernel:", "unknown kernel"},
      {of_step(R"({"do": "fan_out", "width": 2, "body": [{"do": "wait", "time": 5}]})"),
       ": /steps/0/body/0/time:", "has no unit"},
      {R"({"classes": [{"name": "a", "weight": 1, "steps": [{"do": "wait", "tiem": "1s"}]}]})",
       ": /classes/0/steps/0:", "did you mean time?"},
      {R"({"name": "a b", "steps": []})",
       ": /name:", "expected a workload's name of 1 to 40 letters, digits, \"-\", \"_\" and \".\", found \"a b\""},
      {R"({"concurrency": 0, "steps": []})", ": /concurrency:", "a whole number from 1 to"},
      {"[]", ": /:", "expected a workload"},
  });
}

TEST(workload_file_reader, refuses_wrong_units_and_values_out_of_bounds) {
  expect_refused({
      {of_delay("\"5 parsecs\""), ": /steps/0/delay:", "a duration with its unit"},
      {of_delay("\"5\""), ": /steps/0/delay:", "has no unit"},
      {of_delay("5"), ": /steps/0/delay:", "as in \"20ms\""},
      {of_delay("\"-5ms\""), ": /steps/0/delay:", "is negative"},
      {of_delay("\"2h\""), ": /steps/0/delay:", "more than 1h"},
      {of_delay("null"), ": /steps/0/delay:", "found null"},
      {of_step(R"({"do": "request", "bytes": "20ms", "delay": "1ms"})"), ": /steps/0/bytes:", "a size in bytes"},
      {of_step(R"({"do": "request", "bytes": 65537, "delay": "1ms"})"), ": /steps/0/bytes:", "more than 65,536"},
      {of_step(R"({"do": "request", "bytes": 1.5, "delay": "1ms"})"), ": /steps/0/bytes:", "found 1.5"},
      {of_step(R"({"do": "compute", "kernel": "mix", "amount": "5G"})"),
       ": /steps/0/amount:", "more than 4,000,000,000"},
      {of_delay(R"({"normal": {"mean": "5ms"}})"), ": /steps/0/delay:", "unknown key \"normal\""},
      {of_delay("{}"), ": /steps/0/delay:", "one of uniform, exponential"},
      {of_delay(R"({"uniform": {"from": "5ms", "to": "1ms"}})"), ": /steps/0/delay/uniform:", "swap them"},
      {of_delay(R"({"exponential": {"mean": "0"}})"), ": /steps/0/delay/exponential/mean:", "above 0"},
      {of_delay(R"({"lognormal": {"median": "5ms", "p99": "5ms"}})"), ": /steps/0/delay/lognormal/p99:", "not above"},
      {of_delay(R"({"lognormal": {"median": "1us", "p99": "1s"}})"), ": /steps/0/delay/lognormal/p99:", "1000 times"},
      {of_delay(R"({"exponential": {"mean": "30min"}})"), ": /steps/0/delay:", "would be drawn, which is more than 1h"},
      {of_delay(R"({"values": []})"), ": /steps/0/delay/values:", "at least one"},
      {of_delay(R"({"values": [{"value": "1ms", "weight": 0}]})"), ": /steps/0/delay/values/0/weight:", "from 1 to"},
  });
}

TEST(workload_file_reader, refuses_classes_that_cannot_be_told_apart_or_have_no_share) {
  const auto two = [](const std::string& second) {
    return fmt::format(R"({{"classes": [{{"name": "a", "weight": 1, "steps": []}}, {}]}})", second);
  };
  expect_refused({
      {two(R"({"name": "a", "weight": 1, "steps": []})"), ": /classes/1/name:", "there already, at /classes/0"},
      {two(R"({"name": "b", "weight": 0, "steps": []})"), ": /classes/1/weight:", "from 1 to 10000, found 0"},
      {two(R"({"name": "b", "steps": []})"), ": /classes/1:", "\"weight\" is missing"},
      {two(R"({"name": "b", "weight": 10000, "steps": []})"), ": /classes:", "10001 together"},
      {R"({"classes": []})", ": /classes:", "at least one"},
  });
}

TEST(workload_file_reader, refuses_what_would_never_end_or_fit) {
  const auto locked = [](const std::string& lock, const std::string& body) {
    return fmt::format(R"({{"do": "critical", "lock": "{}", "body": [{}]}})", lock, body);
  };
  std::string deep = R"({"do": "wait", "time": "1ms"})";
  for (int i = 0; i < 17; ++i) deep = fmt::format(R"({{"do": "fan_out", "width": 1, "body": [{}]}})", deep);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += fmt::format(R"({}{{"do": "wait", "time": "1ms"}})", i == 0 ? "" : ",");
  expect_refused({
      {of_step(locked("a", locked("a", ""))), ": /steps/0/body/0/lock:", "inside itself"},
      {of_step(locked("a", locked("b", "")) + "," + locked("b", locked("a", ""))), ": /steps/", "the other way round"},
      {of_step(R"({"do": "fan_out", "width": 0, "body": []})"), ": /steps/0/width:", "from 1 to 10000"},
      {of_step(R"({"do": "fan_out", "width": 10001, "body": []})"), ": /steps/0/width:", "from 1 to 10000"},
      {of_step(R"({"do": "fan_out", "width": 1000, "body": [{"do": "fan_out", "width": 1000, "body": []}]})"),
       ": /steps/0/body/0/width:", "1,000,000 branches"},
      {of_step(deep), ": /steps/0", "nested more than 16 deep"},
      {of_step(many), ": /steps:", "more than 1000"},
      {std::string(100'000, '[') + std::string(100'000, ']'), ":", "nested more than 64 levels"},
  });
}

TEST(workload_file_reader, refuses_a_large_file_by_its_size_before_it_reads_it) {
  const ScratchFolder folder;
  const std::string path = folder.path("large.json");
  std::ofstream(path) << "{";
  std::filesystem::resize_file(path, 100'000'000);
  try {
    read_workload_file(path);
    FAIL() << "a file of 100 MB was read";
  } catch (const UsageError& error) {
    const std::string_view says = "large.json has 100,000,000 bytes: a workload file may have 1,048,576 at most";
    EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
  }
  try {
    read_workload_file("/dev/zero");
    FAIL() << "it never ends";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "/dev/zero has more than 1,048,576 bytes: a workload file may have 1,048,576 at most");
  }
  EXPECT_THROW(read_workload_file(folder.path("none.json")), UsageError);
  EXPECT_THROW(read_workload_file("/tmp"), UsageError);
}

TEST(workload_file_reader, makes_a_name_of_the_files) {
  EXPECT_EQ(parse_workload_file(R"({"steps": []})", "/some/where/my request.json").name, "my-request");
  EXPECT_EQ(parse_workload_file(R"({"steps": []})", "/some/.json").name, "workload");
}

}  // namespace
}  // namespace cbench
