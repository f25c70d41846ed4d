// Numbers as people read them.
#include "text/human.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(Human, plural_has_an_s_for_all_but_one) {
  EXPECT_EQ(plural(0, "trial"), "0 trials");
  EXPECT_EQ(plural(1, "trial"), "1 trial");
  EXPECT_EQ(plural(1'234'567, "trial"), "1,234,567 trials");
}

}  // namespace
}  // namespace cbench
