// Trials of a search for METG beside which other processes used the CPUs.
#include "sweep/metg/metg_disturbance.hpp"

#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "reports/stats/resampling.hpp"
#include "sweep/metg/metg_search.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

constexpr double overhead_s = 300e-9;

double efficiency_of(std::uint64_t amount) {
  const double task_s = static_cast<double>(amount) * 1e-9;
  return task_s / (task_s + overhead_s);
}

// A whole search over tasks of so many ns, with trials that others disturb now and then: who does takes that share of a
// CPU, and as much of the throughput.
struct Searched {
  SiftedTrials sifted;
  std::vector<GranularityTrial> trials;
  Metg metg;
};
Searched search(const std::function<double()>& foreign) {
  const MetgSearch search{.targets = {0.8}, .start_s = 10e-6, .least_s = 20e-9, .most_s = 10e-3};
  Searched out;
  std::vector<GranularityPoint> points;
  for (;;) {
    out.sifted = sift(out.trials);
    points.clear();
    for (const GranularityTrial& trial : out.sifted.kept) {
      points.push_back({static_cast<double>(trial.amount) * 1e-9, trial.throughput_per_s});
    }
    if (out.sifted.is_given_up()) break;
    std::optional<std::uint64_t> amount = out.sifted.again;
    if (!amount) {
      const auto size = next_size(points, search);
      if (!size) break;
      amount = static_cast<std::uint64_t>(*size * 1e9 + 0.5);
    }
    const double share = foreign();
    out.trials.push_back({*amount, efficiency_of(*amount) * (1 - share), share});
  }
  out.metg = metg(points, 0.8);
  doubt_refusal(out.metg, out.sifted);
  return out;
}

TEST(MetgDisturbance, keeps_what_was_quiet) {
  const std::vector<GranularityTrial> trials{{10, 100, 0.05}, {10, 90, 0.15}, {10, 40, 0.6}, {20, 200, 0}};
  const SiftedTrials sifted = sift(trials);
  EXPECT_EQ(sifted.kept.size(), 3U);
  EXPECT_EQ(sifted.left_out, 1U);
  EXPECT_FALSE(sifted.again.has_value());
  EXPECT_TRUE(sifted.disturbed.empty());
}

TEST(MetgDisturbance, a_trial_of_which_nobody_knows_what_others_used_is_not_quiet) {
  const std::vector<GranularityTrial> trials{{10, 100, 0.05}, {10, 40, std::nullopt}, {20, 90, std::nullopt}};
  const SiftedTrials sifted = sift(trials);
  EXPECT_EQ(sifted.kept.size(), 1U);
  EXPECT_EQ(sifted.again, 20U);
  EXPECT_EQ(sift(std::vector<GranularityTrial>(most_tries, {10, 40, std::nullopt})).kept.size(), most_tries)
      << "which is better than nothing";
}

TEST(MetgDisturbance, repeats_a_size_until_a_trial_of_it_is_quiet) {
  std::vector<GranularityTrial> trials{{20, 200, 0}, {10, 40, 0.6}, {10, 45, 0.5}};
  EXPECT_EQ(sift(trials).again, 10U);
  EXPECT_EQ(sift(trials).kept.size(), 1U);
  trials.push_back({10, 100, 0.1});
  EXPECT_FALSE(sift(trials).again.has_value());
  EXPECT_EQ(sift(trials).kept.size(), 2U);
}

TEST(MetgDisturbance, takes_the_quietest_of_a_size_that_is_never_quiet_and_says_so) {
  std::vector<GranularityTrial> trials{{10, 40, 0.9}, {10, 45, 0.5}, {10, 44, 0.6}, {10, 43, 0.65}};
  const SiftedTrials sifted = sift(trials);
  EXPECT_FALSE(sifted.again.has_value()) << "four tries are enough";
  EXPECT_EQ(sifted.kept.size(), 3U);
  EXPECT_TRUE(sifted.disturbed.contains(10));
  trials.push_back({20, 200, 0});
  EXPECT_EQ(sift(trials).again, 10U) << "but not where another size was quiet";
}

TEST(MetgDisturbance, does_not_end_a_search_as_if_the_model_were_at_its_limit) {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    // Three of ten trials share the CPUs with somebody who takes most of them.
    const Searched found = search([&] { return random.index(10) < 3 ? 0.7 : 0.0; });
    ASSERT_TRUE(found.metg.granularity_s.has_value()) << i << ' ' << found.metg.refused;
    EXPECT_NEAR(*found.metg.granularity_s / (5 * overhead_s), 1, 0.05) << i;
  }
}

TEST(MetgDisturbance, ends_a_search_that_is_always_disturbed_and_says_why) {
  Random random(2);
  const Searched found = search([&] { return 0.3 + 0.6 * static_cast<double>(random.index(1000)) / 1000; });
  EXPECT_LE(found.trials.size(), 100U);
  EXPECT_FALSE(found.metg.granularity_s.has_value());
  EXPECT_TRUE(has(found.metg.refused, "other processes used the CPUs")) << found.metg.refused;
}

TEST(MetgDisturbance, doubts_a_refusal_only_where_something_was_disturbed) {
  const Metg refused{
      .target = 0.5, .granularity_s = std::nullopt, .interval = {}, .refused = "no point", .is_never_kept = true};
  Metg metg = refused;
  doubt_refusal(metg, {});
  EXPECT_EQ(metg.refused, "no point");
  SiftedTrials disturbed;
  disturbed.disturbed = {10};
  doubt_refusal(metg, disturbed);
  EXPECT_EQ(metg.refused,
            "undecided: no point, but other processes used the CPUs beside every trial of 1 of its sizes");
  metg = refused;
  metg.is_never_kept = false;
  doubt_refusal(metg, disturbed);
  EXPECT_EQ(metg.refused, "no point") << "who reaches the target in spite of others reaches it";
  SiftedTrials given_up;
  given_up.kept.resize(30);
  given_up.left_out = most_left_out;
  metg = refused;
  doubt_refusal(metg, given_up);
  EXPECT_TRUE(begins(metg.refused, "undecided: ")) << metg.refused;
  metg.granularity_s = 1e-6;
  metg.refused.clear();
  doubt_refusal(metg, given_up);
  EXPECT_EQ(metg.refused, "");
}

}  // namespace
}  // namespace cbench
