// What is drawn from a file: exact shares, the same everywhere, and small enough for a pipe. And built-in workloads as
// files: they draw the same work.
#include "workloads/workload_file.hpp"

#include <map>

#include <gtest/gtest.h>

#include "workloads/workload_file_json.hpp"
#include "workloads/workload_file_reader.hpp"

namespace cbench {
namespace {

using Given = std::map<std::string, std::string, std::less<>>;

WorkloadFile parse(const std::string& text) { return parse_workload_file(text, "mine.json"); }

Work draw(const WorkloadFile& file, std::uint64_t seed = 1) { return draw_work(file, seed); }

const char* const shop = R"({"classes": [
  {"name": "browse", "weight": 99, "steps": [
    {"do": "request", "delay": {"lognormal": {"median": "4ms", "p99": "30ms"}}},
    {"do": "compute", "kernel": "mix", "amount": {"exponential": {"mean": 1000}}}]},
  {"name": "buy", "weight": 1, "steps": [
    {"do": "critical", "lock": "stock", "body": [{"do": "wait", "time": {"uniform": {"from": "1ms", "to": "2ms"}}}]},
    {"do": "critical", "lock": "till", "body": []}]}]})";

std::map<std::string, std::size_t> turns_by_class(const Work& work) {
  std::map<std::string, std::size_t> turns;
  for (const std::uint32_t index : work.order()) ++turns[work.classes()[work.class_of(index)]];
  return turns;
}

TEST(workload_file, draws_classes_in_exact_shares_with_enough_of_the_rarest) {
  const auto turns = turns_by_class(draw(parse(shop)));
  EXPECT_EQ(turns.at("browse"), 99 * turns.at("buy"));
  EXPECT_GE(turns.at("buy"), 100U);
}

TEST(workload_file, draws_the_mean_that_was_asked_for) {
  const WorkloadFile file = parse(shop);
  const Work work = draw(file);
  const double browse_us = file.classes[0].steps[0].time.mean() / 1000;
  const double expected_us = 0.99 * browse_us + 0.01 * 1500;
  EXPECT_NEAR(static_cast<double>(work.waiting().count()) / 1000 / expected_us, 1, 0.01);
}

TEST(workload_file, draws_the_same_from_the_same_seed_and_another_from_another) {
  const WorkloadFile file = parse(shop);
  EXPECT_EQ(draw(file, 5).digest(), draw(file, 5).digest());
  EXPECT_NE(draw(file, 5).digest(), draw(file, 6).digest());
  EXPECT_EQ(turns_by_class(draw(file, 5)), turns_by_class(draw(file, 6)));
}

// By heart: work that is drawn otherwise makes results of two versions incomparable.
TEST(workload_file, draws_what_it_always_drew) {
  EXPECT_EQ(draw(parse(shop)).turns(), 10'000U);
  EXPECT_EQ(digest_of(parse(shop)), "71d7231faea17563");
}

TEST(workload_file, draws_no_more_steps_than_fit_through_a_pipe) {
  std::string steps;
  for (int i = 0; i < 900; ++i) {
    steps += std::string(i == 0 ? "" : ",") + R"({"do": "wait", "time": {"exponential": {"mean": "1ms"}}})";
  }
  const Work work = draw(parse("{\"steps\": [" + steps + "]}"));
  std::size_t drawn = 0;
  for (std::size_t i = 0; i < work.distinct(); ++i) drawn += work.script(i).size();
  EXPECT_LE(drawn, 50'000U);
  EXPECT_NEAR(static_cast<double>(work.waiting().count()), 900e6, 9e6);
}

TEST(workload_file, gives_locks_their_numbers_by_name) {
  const Work work = draw(parse(shop));
  EXPECT_EQ(work.locks(), 2U);
  EXPECT_EQ(parse(shop).locks(), (std::vector<std::string>{"stock", "till"}));
}

TEST(workload_file, tells_classes_apart_that_do_the_same) {
  const Work work = draw(parse(R"({"classes": [{"name": "a", "weight": 1, "steps": []},
                                               {"name": "b", "weight": 3, "steps": []}]})"));
  EXPECT_EQ(turns_by_class(work), (std::map<std::string, std::size_t>{{"a", 250}, {"b", 750}}));
}

TEST(workload_file, finds_the_fan_out_that_needs_the_most_connections) {
  const WorkloadFile file = parse(R"({"classes": [
    {"name": "a", "weight": 1, "steps": [{"do": "fan_out", "width": 2, "body": [{"do": "request", "delay": "1ms"}]}]},
    {"name": "b", "weight": 1, "steps": [{"do": "wait", "time": "1ms"}, {"do": "critical", "lock": "x", "body": [
      {"do": "fan_out", "width": 3, "body": [{"do": "request", "delay": "1ms"}]}]}]}]})");
  EXPECT_EQ(widest_fan_out_of(file), "/classes/1/steps/1/body/0");
  EXPECT_EQ(widest_fan_out_of(parse(R"({"steps": [{"do": "request", "delay": "1ms"}]})")), "");
}

TEST(workload_file, printed_and_read_again_says_the_same) {
  const WorkloadFile file = parse(shop);
  const WorkloadFile again = parse(workload_file_text(file));
  EXPECT_EQ(again.classes, file.classes);
  EXPECT_EQ(workload_file_text(again), workload_file_text(file));
}

// A built-in workload that is printed, and read back as a file, is the same work: its tasks have the same digests.
TEST(workload_file, a_built_in_workload_written_down_draws_the_same_work) {
  const std::vector<std::pair<std::string, Given>> cases{
      {"noop", {}},
      {"cpu", {}},
      {"io", {{"delay", "1234567ns"}, {"bytes", "1k"}}},
      {"mixed", {}},
      {"mixed", {{"heavy", "1%"}}},
      {"mixed", {{"heavy", "12.3%"}}},
      {"mixed", {{"heavy", "1"}}},
      {"sleep", {}},
      {"amdahl", {{"phase", "wait"}, {"serial", "0.1"}}},
      {"amdahl", {{"amount", "6400"}}},
  };
  for (const auto& [name, given] : cases) {
    const WorkloadInfo& info = *find_workload(name);
    const WorkloadFile read = parse(workload_file_text(as_file(info, given, 4)));
    for (const std::uint64_t seed : {1U, 7U}) {
      const Work built_in = draw_work(info, given, seed, 4);
      EXPECT_EQ(draw(read, seed).digest(), built_in.digest()) << name;
      EXPECT_EQ(draw(read, seed).classes(), built_in.classes()) << name;
    }
  }
}

TEST(workload_file, is_named_by_its_extension_or_a_slash) {
  EXPECT_TRUE(names_a_file("checkout.json"));
  EXPECT_TRUE(names_a_file("./checkout"));
  EXPECT_FALSE(names_a_file("mixed"));
}

}  // namespace
}  // namespace cbench
