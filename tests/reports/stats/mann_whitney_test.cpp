// Rank tests against tabulated values.
#include "reports/stats/mann_whitney.hpp"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"

namespace cbench {
namespace {

using Values = std::vector<double>;

TEST(MannWhitney, gives_the_exact_values_of_the_tables) {
  // All of one side above all of the other: 2 / C(n + m, n).
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3}, Values{4, 5, 6}).p, 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3, 4}, Values{5, 6, 7, 8}).p, 2.0 / 70);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{5, 6, 7, 8, 9}, Values{1, 2, 3, 4}).p, 2.0 / 126);
  // Counted over all 252 choices by hand-written enumeration.
  const RankTest test = mann_whitney(Values{1, 3, 4, 8, 10}, Values{2, 5, 6, 7, 9});
  EXPECT_EQ(test.u, 14);
  EXPECT_NEAR(test.p, 0.841270, 1e-6);
  EXPECT_TRUE(test.exact);
}

TEST(MannWhitney, stays_exact_with_ties) {
  // Three against three with all of each side tied: still the one extreme of 20 choices on either end.
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 1, 1}, Values{2, 2, 2}).p, 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{5, 5, 5}, Values{5, 5, 5}).p, 1);
  // Counted over all 462 choices.
  const RankTest test = mann_whitney(Values{1, 2, 2, 3, 7}, Values{2, 4, 5, 5, 9, 9});
  EXPECT_EQ(test.u, 24);
  EXPECT_NEAR(test.p, 0.11255411, 1e-7);
}

TEST(MannWhitney, is_near_the_exact_value_where_it_turns_to_the_normal_distribution) {
  Values a;
  Values b;
  for (int i = 0; i < 20; ++i) {
    a.push_back(i);
    b.push_back(i + 4.5);
  }
  const RankTest exact = mann_whitney(a, b);
  a.push_back(20);
  b.push_back(24.5);
  const RankTest normal = mann_whitney(a, b);
  EXPECT_TRUE(exact.exact);
  EXPECT_FALSE(normal.exact);
  EXPECT_NEAR(normal.p, 0.0346, 0.0001) << "corrected for continuity";
  EXPECT_NEAR(std::log(normal.p / exact.p), 0, 0.2);
}

TEST(MannWhitney, tells_the_effect_by_cliffs_delta) {
  EXPECT_EQ(mann_whitney(Values{1, 2}, Values{3, 4}).cliffs_delta, 1);
  EXPECT_EQ(mann_whitney(Values{3, 4}, Values{1, 2}).cliffs_delta, -1);
  EXPECT_EQ(mann_whitney(Values{1, 4}, Values{2, 3}).cliffs_delta, 0);
}

Values drawn(Random& random, std::size_t size) {
  Values values(size);
  for (double& value : values) value = random.normal();
  return values;
}

TEST(MannWhitney, tells_of_each_pair_what_it_tells_of_it_alone) {
  const std::vector<std::pair<Values, Values>> pairs{
      {{1, 2, 3}, {4, 5, 6}}, {{1, 5, 3}, {4, 2, 6}},         {{1, 2, 3}, {4, 5, 6, 7}}, {{1, 2, 3, 4}, {5, 6, 7}},
      {{1, 2, 3}, {4, 5, 6}}, {{1, 2, 2}, {2, 5, 6}},         {{1, 2, 3, 3}, {3, 5, 6}}, {{1, 2, 3, 3, 3}, {5, 6}},
      {{1, 2, 3}, {4, 5, 6}}, {Values(21, 1), Values(20, 2)}, {{1, 2, 4}, {3, 5, 6}}};
  RankTests tests;
  for (const auto& [a, b] : pairs)
    EXPECT_EQ(tests.mann_whitney(a, b).p, mann_whitney(a, b).p) << testing::PrintToString(a);
}

TEST(MannWhitney, is_wrong_as_often_as_its_level_says) {
  Random random(1);
  int wrong = 0;
  for (int i = 0; i < 4000; ++i) {
    wrong += mann_whitney(drawn(random, 6), drawn(random, 6)).p < 0.05;
  }
  EXPECT_GT(wrong, 4000 * 0.03);
  EXPECT_LT(wrong, 4000 * 0.05);
}

TEST(Holm, multiplies_the_smallest_by_all_and_the_largest_by_one) {
  const std::vector<double> adjusted = holm(std::array{0.01, 0.04, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(adjusted[3], 0.02);
  EXPECT_DOUBLE_EQ(adjusted[0], 0.03);
  EXPECT_DOUBLE_EQ(adjusted[2], 0.06);
  EXPECT_DOUBLE_EQ(adjusted[1], 0.06) << "never below one that is smaller";
}

}  // namespace
}  // namespace cbench
