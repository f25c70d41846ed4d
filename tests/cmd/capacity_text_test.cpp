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
