// What parent and child say to each other, line by line: what is written is what is read, and what is not of the
// protocol is refused with its place.
#include "harness/protocol.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <variant>
#include <vector>

#include "text/json_text.hpp"
#include "workloads/script_json.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

TrialOrder sample_order() {
  return {.trial = "00c0ffee00c0ffee",
          .model = "fibers",
          .settings = {{"stack", "16k"}},
          .workers = 2,
          .seed = 7,
          .load = {.concurrency = 100, .warmup = 500ms, .duration = 2s},
          .most_warmup = 2500ms,
          .work = Work({request(64, 20ms), wait(3ms)}),
          .peer_port = 40123,
          .clock = {}};
}

std::string with(std::string line, const std::string& from, const std::string& to) {
  const auto at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from << " in " << line;
  return at == std::string::npos ? line : line.replace(at, from.size(), to);
}

template <class Function>
std::string error_of(Function function) {
  try {
    function();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

TEST(protocol, an_order_comes_back_as_it_was_written) {
  const TrialOrder order = sample_order();
  const std::string line = to_line(order);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const TrialOrder read = parse_order(line);
  EXPECT_EQ(to_line(read), line);
  EXPECT_EQ(read.load, order.load);
  EXPECT_EQ(read.most_warmup, 2500ms);
  EXPECT_EQ(read.work.digest(), order.work.digest());
  EXPECT_EQ(read.seed, 7U);
}

TEST(protocol, a_load_that_nobody_knows_is_unsupported) {
  const std::string line = with(to_line(sample_order()), R"("kind":"closed")", R"("kind":"bursts")");
  EXPECT_THROW(parse_order(line), UnsupportedStep);
  EXPECT_NE(error_of([&] { parse_order(line); }).find("bursts"), std::string::npos);
}

TEST(protocol, an_open_load_says_when_tasks_arrive) {
  const std::string line = with(to_line(sample_order()), R"("kind":"closed")", R"("kind":"open")");
  EXPECT_EQ(error_of([&] { parse_order(line); }), "load.rate_per_s: missing");
}

TEST(protocol, another_version_is_refused) {
  const std::string line = with(to_line(sample_order()), R"("protocol":2)", R"("protocol":3)");
  EXPECT_NE(error_of([&] { parse_order(line); }).find("protocol version 3"), std::string::npos);
  EXPECT_NE(error_of([&] {
              parse_event(R"({"event":"ready","protocol":1,"runtime":{},"processes":false})");
            }).find("protocol version 1"),
            std::string::npos);
}

TEST(protocol, an_order_that_asks_for_nothing_is_refused) {
  const std::string line = to_line(sample_order());
  EXPECT_NE(error_of([&] { parse_order(with(line, R"("workers":2)", R"("workers":0)")); }).find("workers"),
            std::string::npos);
  EXPECT_NE(error_of([&] { parse_order(with(line, R"("trial")", R"("trail")")); }).find("trial: missing"),
            std::string::npos);
  EXPECT_NE(error_of([&] { parse_order("[]"); }).find("spec"), std::string::npos);
}

TEST(protocol, a_record_comes_back_as_it_was_written) {
  RecordEvent record{.trial = "00c0ffee00c0ffee",
                     .status = ChildStatus::ok,
                     .warnings = {"beware"},
                     .tasks = 3,
                     .tasks_total = 9,
                     .finish_ns = 812'000'000'000'000,
                     .settled = true,
                     .units = 9,
                     .difference = 0xfedcba9876543210,
                     .slices = {1, 2},
                     .fewest_of_a_slot = 1,
                     .most_of_a_slot = 2};
  record.switches = {.voluntary = 5, .involuntary = 6};
  for (Histogram* histogram : {&record.queueing, &record.service, &record.response}) histogram->record(20'000'000, 3);
  record.classes["light"].record(5000, 2);
  const Event event = parse_event(to_line(record));
  const auto& read = std::get<RecordEvent>(event);
  EXPECT_EQ(to_line(read), to_line(record));
  EXPECT_EQ(read.response, record.response);
  EXPECT_EQ(read.difference, record.difference);
}

TEST(protocol, what_arrived_is_read_whether_or_not_there_are_classes) {
  RecordEvent record{.trial = "00c0ffee00c0ffee", .status = ChildStatus::ok, .tasks = 3};
  for (Histogram* histogram : {&record.queueing, &record.service, &record.response}) histogram->record(20'000'000, 3);
  record.arrivals = ArrivalCounts{};
  record.arrivals->end.due = 5;
  record.arrivals->lag.record(1000, 5);
  const Event event = parse_event(with(to_line(record), R"("classes":{},)", ""));
  ASSERT_TRUE(std::get<RecordEvent>(event).arrivals.has_value());
  EXPECT_EQ(std::get<RecordEvent>(event).arrivals->end.due, 5U);
}

TEST(protocol, what_failed_early_has_no_more_to_say_than_why) {
  const Event event = parse_event(R"({"event":"record","trial":"x","status":"failed","reason":"no memory"})");
  EXPECT_EQ(std::get<RecordEvent>(event).reason, "no memory");
  EXPECT_NE(
      error_of([] { parse_event(R"({"event":"record","trial":"x","status":"ok","reason":""})"); }).find("missing"),
      std::string::npos);
}

TEST(protocol, a_reason_is_one_line_that_a_person_can_read) {
  EXPECT_EQ(as_reason("no room"), "no room");
  EXPECT_EQ(as_reason(std::string("a\0b\nc\x1b[31m\x7f", 11)), "a b c [31m ");
  EXPECT_EQ(as_reason("Übergröße \u2014 \U0001f600"), "Übergröße \u2014 \U0001f600");
  EXPECT_EQ(as_reason("a\u009b31mb\u202ec"), "a 31mb c") << "C1, and what turns the direction around";
  EXPECT_EQ(as_reason("\xff\xc3(\xe2\x82"),
            "?"
            "?(?"
            "?")
      << "no UTF-8";
  EXPECT_EQ(as_reason("\xed\xa0\x80"), "???") << "half of a surrogate pair";
  EXPECT_EQ(as_reason("\xc0\x80"), "??") << "a NUL in disguise";
  const std::string long_one = as_reason(std::string(1 << 20, 'x'));
  EXPECT_LE(long_one.size(), 2100U);
  EXPECT_TRUE(long_one.ends_with("..."));
}

TEST(protocol, nesting_takes_no_stack) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_NE(error_of([&] { parse_event(deep); }), "none");
  EXPECT_NE(error_of([&] { parse_event(R"({"event":"ready","protocol":2,"runtime":)" + deep + "}"); }), "none");
}

// The JSON examples of docs/protocol.md.
// CLOCK_MONOTONIC passes 2^53 ns when a machine has been up for 104 days.
TEST(protocol, instants_may_be_those_of_a_machine_that_has_been_up_for_years) {
  const Event event = parse_event(R"({"event":"window","begin_ns":63072000000000000,"end_ns":63072000500000000})");
  EXPECT_EQ(std::get<WindowEvent>(event).begin_ns, 63'072'000'000'000'000U);
  EXPECT_EQ(std::get<WindowEvent>(event).end_ns, 63'072'000'500'000'000U);
  const Event record = parse_event(
      R"({"event":"record","trial":"x","status":"failed","reason":"no","first_finish_ns":63072000000000001})");
  EXPECT_EQ(std::get<RecordEvent>(record).status, ChildStatus::failed);
}

TEST(protocol, reads_the_examples_of_its_page) {
  std::ifstream file(std::string(CBENCH_FIXTURES) + "/../../docs/protocol.md", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> examples;
  for (std::size_t at = page.find("```json\n"); at != std::string::npos; at = page.find("```json\n", at)) {
    const std::size_t begin = at + 8;
    at = page.find("```", begin);
    examples.push_back(page.substr(begin, at - begin));
  }
  ASSERT_EQ(examples.size(), 6U);
  const TrialOrder order = parse_order(examples[0]);
  EXPECT_EQ(order.settings.at("stack"), "16k");
  EXPECT_EQ(order.work.expected(0), Work({request(64, std::chrono::milliseconds(20))}).expected(0));

  Json open = Json::parse(examples[0]);
  open.update(Json::parse("{" + examples[1] + "}"));
  EXPECT_EQ(parse_order(open.dump()).load.rate_per_s, 1000);

  std::istringstream lines(examples[2]);
  int events = 0;
  for (std::string line; std::getline(lines, line); ++events) EXPECT_NO_THROW(parse_event(line)) << line;
  EXPECT_EQ(events, 3);
  EXPECT_EQ(std::get<RecordEvent>(parse_event(examples[3])).queueing.total(), 97'800U);

  Json record = Json::parse(examples[3]);
  record.update(Json::parse("{" + examples[4] + "}"));
  EXPECT_EQ(std::get<RecordEvent>(parse_event(record.dump())).arrivals->late, 0U);
  EXPECT_TRUE(std::get<RecordEvent>(parse_event(examples[5])).lists_tasks);
}

}  // namespace
}  // namespace cbench
