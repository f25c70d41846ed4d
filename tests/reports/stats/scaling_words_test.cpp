// Fits in words: each finding in its sentence, and silence where there is nothing to say.
#include "reports/stats/scaling_words.hpp"

#include <cmath>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/scaling_laws.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

using Points = std::vector<ScalingPoint>;

// Throughput at 1, 2, 4, ...
Points points_of(const std::vector<double>& throughputs, double noise = 0.01, int repetitions = 3) {
  Random random(1);
  Points points;
  double n = 1;
  for (const double throughput : throughputs) {
    for (int k = 0; k < repetitions; ++k) points.push_back({n, throughput * (1 + noise * random.normal())});
    n *= 2;
  }
  return points;
}

std::vector<std::string> said(const Points& points, const ScalingOptions& options = {}) {
  return fit_scaling(points, options).sentences;
}

testing::AssertionResult matches(const std::string& text, const std::string& expression) {
  if (std::regex_match(text, std::regex(expression))) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << text << "\" is not like " << expression;
}

// That no law is said to hold by any of them.
testing::AssertionResult claims_no_law(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) {
    if (sentence.find("holds") != std::string::npos || sentence.find("peak") != std::string::npos) {
      return testing::AssertionFailure() << sentence;
    }
  }
  return testing::AssertionSuccess();
}

const std::vector<double> superlinear{100, 230, 520, 1100, 2300};
const std::vector<double> capped{100, 200, 400, 800, 800, 800};
const std::vector<double> staircase{100, 199, 390, 500, 505, 990};

TEST(ScalingWords, say_what_is_superlinear) {
  const auto sentences = said(points_of(superlinear));
  EXPECT_TRUE(
      matches(sentences.front(),
              "superlinear: 16 workers bring 2[23](\\.[0-9])?x \\[2[2-3](\\.[0-9])?, 2[3-4](\\.[0-9])?\\] of what 1 "
              "brings, where none of these laws allows more than 16x"));
  EXPECT_TRUE(claims_no_law(sentences));
  EXPECT_EQ(said(points_of(superlinear, 0, 1)).front(),
            "superlinear: 16 workers bring 23x of what 1 brings, where none of these laws allows more than 16x");
}

TEST(ScalingWords, say_from_where_on_throughput_is_capped) {
  const auto sentences = said(points_of(capped));
  EXPECT_TRUE(
      matches(sentences.front(),
              "capped: (79[0-9]|80[0-9])/s \\[.*\\] from 8 workers on, whatever is added; the hard limit holds to "
              "within [1-3] %"))
      << "no peak at 9 workers";
  const auto later = said(points_of({100, 190, 345, 585, 700, 700, 700}));
  EXPECT_TRUE(
      matches(later.front(),
              "capped: .* from 16 workers on, whatever is added, with a serial fraction of 5\\.[0-9] % \\[.*\\] "
              "before; Amdahl up to a hard limit holds to within [1-3] %"));
}

TEST(ScalingWords, say_that_none_of_the_laws_describes_the_points) {
  const auto sentences = said(points_of(staircase));
  EXPECT_TRUE(matches(sentences.front(),
                      "none of these laws describes the points \\(Amdahl, USL, the hard limit\\): the closest, .*, is "
                      "2[0-9] % off at 16 workers, where trials vary by (0\\.[0-9]|1\\.[0-9]) %"));
  EXPECT_TRUE(claims_no_law(sentences));
  EXPECT_TRUE(claims_no_law(said(points_of(staircase, 0, 1))));
}

TEST(ScalingWords, say_of_falling_throughput_where_it_is_highest) {
  for (const auto& sentences : {said(points_of({100, 50, 25, 12})), said(points_of({100, 80, 60, 45, 30})),
                                said(points_of({100, 50, 25, 12}, 0, 1))}) {
    EXPECT_TRUE(
        matches(sentences.front(),
                "falling: [0-9.]+/s with 1 worker, [0-9.]+/s with (8|16) workers; more cost more than they bring"));
    for (const std::string& sentence : sentences) EXPECT_FALSE(has(sentence, "peak")) << sentence;
  }
}

TEST(ScalingWords, hedge_what_noise_or_single_trials_leave_open) {
  const auto noisy = said(points_of({100, 180, 330, 550, 800}, 0.12));
  EXPECT_TRUE(begins(noisy.front(), "Amdahl is not contradicted, as far as noise of 1")) << noisy.front();
  const auto rough = said(points_of({100, 190, 390, 580, 900}, 0, 1));
  EXPECT_TRUE(
      matches(rough.front(), "Amdahl describes the points only roughly \\([0-9]+ % off at [24] workers\\), .*"));
}

TEST(ScalingWords, say_nothing_of_a_bound_that_the_points_pass) {
  // A task with branches takes less than its steps one after the other.
  const auto sentences = said(points_of({50, 100, 200, 390, 700, 900, 960, 960}),
                              {.axis = ScalingAxis::tasks_in_flight, .residence_s = 0.2});
  for (const std::string& sentence : sentences) EXPECT_FALSE(has(sentence, "bounds throughput")) << sentence;
}

TEST(ScalingWords, say_how_far_littles_bound_carries_where_no_law_holds) {
  const auto sentences =
      said(points_of({50, 100, 200, 390, 700, 900, 960, 960}), {.axis = ScalingAxis::tasks_in_flight});
  EXPECT_TRUE(matches(sentences[0],
                      "Little's law bounds throughput: X <= C / (19|20)\\..ms; within 5 % of that bound up "
                      "to C = 8, 1[0-9] % of it at C = 128"));
  EXPECT_TRUE(begins(sentences[1], "none of these laws describes the points")) << sentences[1];
  const auto super = said(points_of(superlinear), {.axis = ScalingAxis::tasks_in_flight});
  EXPECT_TRUE(begins(super.front(), "superlinear: 16 tasks in flight bring ")) << super.front();
  for (const std::string& sentence : super) EXPECT_FALSE(has(sentence, "bounds")) << "it is broken";
}

TEST(ScalingWords, name_the_rival_of_a_law_that_is_no_better) {
  // SPEC SDM91: the USL is its textbook example, and a hard limit does as well.
  const auto sentences =
      said({{1, 64.9}, {18, 995.9}, {36, 1652.4}, {72, 1853.2}, {108, 1828.9}, {144, 1775.0}, {216, 1702.2}});
  EXPECT_TRUE(begins(sentences[0], "coherency cost: peak at 97 workers")) << sentences[0];
  EXPECT_TRUE(has(sentences[0], "USL describes the points only roughly (39 % off at 1 worker)"));
  EXPECT_TRUE(begins(sentences[1], "these points do not tell that from another law: capped: ")) << sentences[1];
}

}  // namespace
}  // namespace cbench
