// What the text and the JSON on capacities say beside the table.
#include "cmd/capacity/capacity_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

CapacityOfModel model(const std::string& label, double foreign_cpu_share, double steal_share = 0) {
  CapacityOfModel model{.label = label, .workers = 1, .found = {CapacityFound{}}};
  model.foreign_cpu_share = foreign_cpu_share;
  model.steal_share = steal_share;
  return model;
}

CapacityResult result_of(std::vector<CapacityOfModel> models) {
  CapacityResult result{.workload = "sleep", .slos = {{.text = "p99<20ms"}}, .width = 0.02, .time_s = 60};
  result.models = std::move(models);
  return result;
}

TEST(CapacityText, says_that_other_programs_had_the_cpus_as_run_does) {
  EXPECT_TRUE(has(capacity_text(result_of({model("pool", 1.71)}), 500),
                  "! Other processes used a mean of 171 % of a CPU beside pool.\n"));
  EXPECT_TRUE(has(capacity_text(result_of({model("pool", 0.4), model("fibers", 0.3), model("threads", 0.02)}), 500),
                  "! Other processes used a mean of up to 40 % of a CPU beside pool and fibers.\n"));
  EXPECT_FALSE(has(capacity_text(result_of({model("pool", 0.09)}), 500), "Other processes"));
}

TEST(CapacityText, tells_other_programs_from_the_hypervisor) {
  const std::string text = capacity_text(result_of({model("pool", 0.35, 0.3)}), 500);
  EXPECT_FALSE(has(text, "Other processes"));
  EXPECT_TRUE(has(text, "! The hypervisor took a mean of 30 % of a CPU from pool."));
}

TEST(CapacityText, says_in_its_json_what_broke_it_off) {
  CapacityResult result = result_of({model("pool", 0)});
  EXPECT_EQ(nlohmann::json::parse(capacity_json(result)).at("troubles"), nlohmann::json::array());
  result.broke_off = "no memory";
  result.write_failures = {"x.csv: no space"};
  EXPECT_EQ(nlohmann::json::parse(capacity_json(result)).at("troubles"),
            nlohmann::json::array({"x.csv: no space", "the sweep broke off: no memory"}));
}

TEST(CapacityText, says_what_the_work_was_and_on_how_many_workers_where_all_have_as_many) {
  CapacityResult result = result_of({model("pool", 0), model("node", 0)});
  result.parameters = {{"delay", "40ms"}};
  EXPECT_TRUE(has(capacity_text(result, 500), "sleep: delay=40ms · open loop, Poisson arrivals, 1 worker\n"))
      << capacity_text(result, 500);
  result.models[0].workers = 2;
  EXPECT_TRUE(has(capacity_text(result, 500), "Poisson arrivals\n")) << capacity_text(result, 500);
  EXPECT_EQ(nlohmann::json::parse(capacity_json(result)).at("parameters").at("delay"), "40ms");
}

TEST(CapacityText, tells_a_lower_bound_that_was_served_from_the_rate_that_passed) {
  CapacityResult result = result_of({model("pool", 0)});
  RateAnswer& answer = result.models[0].found[0].answer;
  answer.known = Known::at_least;
  answer.passing_per_s = answer.lower_per_s = 20'000;
  EXPECT_TRUE(
      has(capacity_text(result, 500), "pool keeps the objectives at 20,000/s, the highest rate that was tried."))
      << capacity_text(result, 500);
  answer.lower_per_s = 19'000;
  EXPECT_TRUE(has(capacity_text(result, 500), "the highest rate that was tried, and served 19,000/s there."))
      << capacity_text(result, 500);
  const auto json = nlohmann::json::parse(capacity_json(result)).at("slos").at(0).at("models").at(0);
  EXPECT_EQ(json.at("passes_per_s"), 20'000);
  EXPECT_EQ(json.at("at_least_per_s"), 19'000);
}

TEST(CapacityText, of_a_search_that_was_cut_short_asks_for_no_more_time) {
  CapacityResult result = result_of({model("pool", 0)});
  EXPECT_TRUE(has(capacity_text(result, 500), "Give it more --time")) << capacity_text(result, 500);
  result.interrupted = 2;
  EXPECT_TRUE(has(capacity_text(result, 500), "pool cannot be told: the search was cut short after 0 trials."))
      << capacity_text(result, 500);
  EXPECT_FALSE(has(capacity_text(result, 500), "--time"));
}

TEST(CapacityText, has_what_others_took_in_its_json) {
  const auto json = nlohmann::json::parse(capacity_json(result_of({model("pool", 1.71, 0.25)})));
  EXPECT_EQ(json["searches"][0]["foreign_cpu_share"], 1.71);
  EXPECT_EQ(json["searches"][0]["steal_share"], 0.25);
}

// Half of the trials pass at 3,250/s, of which 3,190/s were served.
CapacityResult lowered() {
  CapacityResult result = result_of({model("pool", 0)});
  RateAnswer& answer = result.models[0].found[0].answer;
  answer.known = Known::found;
  answer.passes_unserved_per_s = 3250;
  answer.capacity = capacity_of(std::vector<RateVotes>{{3227, 5, 0}, {3273, 0, 5}})->lowered_to(3190);
  return result;
}

TEST(CapacityText, says_where_a_capacity_is_what_was_served_instead_of_what_passes) {
  const std::string text = capacity_text(lowered(), 500);
  EXPECT_TRUE(has(text, "Half of the trials of pool pass at 3,250/s, but it served no more than 3,190/s there"));
  EXPECT_FALSE(has(text, "More --time narrows")) << "time is not what it lacks";
  const auto json = nlohmann::json::parse(capacity_json(lowered()));
  EXPECT_EQ(json["slos"][0]["models"][0]["passes_unserved_per_s"], 3250);
}

}  // namespace
}  // namespace cbench
