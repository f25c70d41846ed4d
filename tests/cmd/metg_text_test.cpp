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

}  // namespace
}  // namespace cbench
