#include "record/trial_id.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(TrialId, no_two_are_alike) {
  std::set<std::string> drawn;
  for (int i = 0; i < 10'000; ++i) drawn.insert(draw_trial_id());
  EXPECT_EQ(drawn.size(), 10'000U);
  for (const std::string& id : drawn) ASSERT_TRUE(is_trial_id(id)) << id;
}

TEST(TrialId, anything_else_is_none) {
  for (const char* text : {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg"}) {
    EXPECT_FALSE(is_trial_id(text)) << text;
  }
}

}  // namespace
}  // namespace cbench
