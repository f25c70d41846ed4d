// What the text on a METG search says beside its table.
#include "cmd/metg/metg_text.hpp"

#include <gtest/gtest.h>

#include "sweep/metg/metg_disturbance.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

std::string text_on(const std::vector<std::string>& ended_early) {
  MetgResult result{.workers = 2, .concurrency = 64, .targets = {0.5}};
  for (const std::string& label : ended_early) result.models.push_back({.label = label, .table = {{.target = 0.5}}});
  result.ended_early = ended_early;
  return metg_text(result, 500);
}

TEST(MetgText, says_of_searches_that_disturbances_ended_how_many_trials_of_each_were_disturbed_at_least) {
  static_assert(most_left_out == 20);
  EXPECT_TRUE(has(text_on({"fibers"}), "The search ended early for fibers: 20 or more of its trials were disturbed."));
  EXPECT_TRUE(has(text_on({"fibers", "pool"}),
                  "The search ended early for fibers and pool: 20 or more trials of each were disturbed."));
}

TEST(MetgText, counts_cpus_and_not_workers_where_these_are_more) {
  MetgResult result{.workers = 8, .concurrency = 64, .at_once = 2, .targets = {0.5, 0.8}};
  result.models.push_back({.label = "fibers", .table = {{.target = 0.5}, {.target = 0.8}}});
  const std::string text = metg_text(result, 500);
  EXPECT_TRUE(has(text, "of what 2 CPUs could do")) << text;
  EXPECT_TRUE(has(text, "50 % says nothing on 2 CPUs")) << text;
  EXPECT_DOUBLE_EQ(result.one_at_a_time(), 0.5);
  EXPECT_DOUBLE_EQ(MetgResult{.at_once = 1}.one_at_a_time(), 0);
}

}  // namespace
}  // namespace cbench
