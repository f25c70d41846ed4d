// What may be asked of a load, and what is said of what may not.
#include "sweep/plan/load_choice.hpp"

#include <gtest/gtest.h>

#include "tests/support/text_matchers.hpp"
#include "text/quantity.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

SweepArguments rates(std::vector<std::string> texts) {
  SweepArguments arguments;
  arguments.rates = std::move(texts);
  return arguments;
}

std::string error_of(const SweepArguments& arguments) {
  try {
    parse_load(arguments);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

TEST(load_choice, a_rate_makes_an_open_load) {
  SweepArguments arguments = rates({"20k/s", "0.5/s", "20000"});
  LoadAsked load = parse_load(arguments);
  EXPECT_EQ(load.kind, LoadKind::open);
  EXPECT_EQ(load.rates_per_s, (std::vector<double>{20'000, 0.5})) << "each once";
  EXPECT_TRUE(load.poisson);
  EXPECT_FALSE(load.shed);
  arguments.arrivals = "constant";
  arguments.late = "shed";
  load = parse_load(arguments);
  EXPECT_FALSE(load.poisson);
  EXPECT_TRUE(load.shed);
}

TEST(load_choice, no_rate_makes_a_closed_load) {
  const LoadAsked load = parse_load({});
  EXPECT_EQ(load.kind, LoadKind::closed);
  EXPECT_EQ(load.rates_per_s.size(), 1U);
}

TEST(load_choice, a_rate_that_cannot_be_is_refused) {
  EXPECT_TRUE(has(error_of(rates({"0"})), "more than 0"));
  EXPECT_TRUE(has(error_of(rates({"-5/s"})), "is negative"));
  EXPECT_TRUE(has(error_of(rates({"nan"})), "is not a rate"));
  EXPECT_TRUE(has(error_of(rates({"inf"})), "is not a rate"));
  EXPECT_TRUE(has(error_of(rates({"5/min"})), "is not a rate"));
  EXPECT_TRUE(has(error_of(rates({"5M/s"})), "it can bring 1.00M/s at most"));
}

TEST(load_choice, options_that_exclude_each_other_are_refused) {
  SweepArguments arguments = rates({"5k"});
  arguments.tasks = "100";
  EXPECT_TRUE(has(error_of(arguments), "--rate"));
  EXPECT_TRUE(has(error_of(arguments), "--tasks 100"));
  arguments = {};
  arguments.arrivals = "poisson";
  EXPECT_TRUE(has(error_of(arguments), "give --rate, too"));
  arguments = {};
  arguments.late = "shed";
  EXPECT_TRUE(has(error_of(arguments), "give --rate, too"));
  arguments = rates({"5k"});
  arguments.arrivals = "poison";
  EXPECT_TRUE(has(error_of(arguments), "did you mean poisson?"));
  arguments = {};
  arguments.tasks = "100";
  arguments.duration = "2s";
  EXPECT_TRUE(has(error_of(arguments), "leave out --tasks 100 or --duration 2s"));
}

TEST(load_choice, an_open_load_has_slots_for_twice_what_its_waits_hold_and_a_thousand_at_least) {
  EXPECT_EQ(default_slots(5000, 20ms, 64), 1000U);
  EXPECT_EQ(default_slots(100'000, 20ms, 64), 4000U);
  EXPECT_EQ(default_slots(10, 0ns, 5000), 5000U);
  EXPECT_EQ(default_slots(1e6, 1h, 64), most_in_flight);
}

TEST(load_choice, the_longest_wait_is_that_of_one_script_however_rare) {
  const Work work({wait(1ms), sequence({wait(10s), wait(1ms)}), wait(2ms)});
  EXPECT_EQ(longest_wait(work), 10'001ms);
  EXPECT_EQ(longest_wait(Work({compute(Kernel::mix, 5)})), 0ns);
}

TEST(load_choice, an_open_load_warms_up_until_its_waits_have_filled_it) {
  LoadAsked asked{.kind = LoadKind::open};
  LoadSpec load;
  choose_times(asked, 3, 6s, load);
  EXPECT_EQ(load.warmup, 6s);
  asked.warmup = 10ms;
  choose_times(asked, 3, 6s, load);
  EXPECT_EQ(load.warmup, 10ms) << "as it was asked for";
  LoadAsked closed;
  choose_times(closed, 3, 6s, load);
  EXPECT_EQ(load.warmup, 500ms);
}

TEST(load_choice, a_load_is_filled_once_all_but_the_rarest_waits_are_over) {
  EXPECT_EQ(time_to_fill(Work({wait(10ms)})), 20ms);
  EXPECT_EQ(time_to_fill(Work({wait(1ms), wait(3s)}, {}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 1})), 3s);
  std::vector<std::uint32_t> rare(1000);
  rare[500] = 1;
  EXPECT_EQ(time_to_fill(Work({wait(1ms), wait(3s)}, {}, rare)), 2 * 3'999us) << "one in a thousand";
  EXPECT_EQ(time_to_fill(Work({compute(Kernel::mix, 5)})), 0ns);
}

TEST(load_choice, a_window_is_long_enough_for_some_arrivals) {
  const LoadAsked asked{.kind = LoadKind::open};
  LoadSpec load{.rate_per_s = 2};
  choose_times(asked, 3, 0ns, load);
  EXPECT_EQ(load.duration, 10s);
  choose_times(asked, 60, 0ns, load);
  EXPECT_LT(load.duration, 4s) << "of a sweep of four minutes";
  load.rate_per_s = 1000;
  choose_times(asked, 3, 0ns, load);
  EXPECT_EQ(load.duration, 2s);
}

}  // namespace
}  // namespace cbench
