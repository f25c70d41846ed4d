#include "reports/stats/fisher.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(Fisher, gives_what_counting_gives) {
  // Tea and milk: 4 of 4 against 0 of 4 is one of C(8, 4) = 70 choices, 3 against 1 one of 17 as extreme.
  EXPECT_NEAR(fisher_p({.hits = 0, .of = 4}, {.hits = 4, .of = 4}), 1.0 / 70, 1e-12);
  EXPECT_NEAR(fisher_p({.hits = 1, .of = 4}, {.hits = 3, .of = 4}), 17.0 / 70, 1e-12);
}

TEST(Fisher, asks_only_whether_there_is_more_of_it) {
  EXPECT_GT(fisher_p({.hits = 4, .of = 4}, {.hits = 1, .of = 4}), 0.9);
  EXPECT_EQ(fisher_p({.hits = 2, .of = 3}, {.hits = 0, .of = 3}), 1);
  EXPECT_EQ(fisher_p({.hits = 3, .of = 3}, {.hits = 3, .of = 3}), 1);
}

}  // namespace
}  // namespace cbench
