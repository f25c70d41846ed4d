// How models are told apart in pictures: by their place in the list, so that a new one needs no line here.
#include "reports/shown/palette.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(palette, knows_the_list_of_models) {
  const auto listed = listed_models();
  ASSERT_GE(listed.size(), 12U);
  EXPECT_EQ(listed.front(), "sequential");
  EXPECT_EQ(std::set<std::string_view>(listed.begin(), listed.end()).size(), listed.size());
}

TEST(palette, gives_every_model_of_the_list_a_look_of_its_own) {
  std::set<std::string_view> inks;
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> looks;
  constexpr std::size_t inked = 12;
  for (std::size_t place = 0; place < 3 * inked; ++place) {
    const Look look = look_of_listed(place, 0);
    inks.insert(look.ink.on_light);
    EXPECT_TRUE(looks.insert({look.ink.on_light, look.dash, look.marker}).second) << "at place " << place;
    EXPECT_EQ(inks.size(), std::min(place + 1, inked));
    EXPECT_EQ(look.ink.on_light == look_of_listed(0, 0).ink.on_light, place == 0) << "only the baseline looks like it";
  }
}

TEST(palette, gives_the_models_of_other_languages_looks_of_their_own) {
  const auto runtimes = listed_runtimes();
  ASSERT_GE(runtimes.size(), 5U);
  std::set<std::tuple<std::string_view, std::string_view>> looks;
  std::set<std::string_view> native;
  for (std::size_t place = 0; place < listed_models().size(); ++place)
    native.insert(look_of_listed(place, 0).ink.on_dark);
  for (std::size_t runtime = 0; runtime < runtimes.size(); ++runtime) {
    EXPECT_GE(runtimes[runtime].size(), 2U);
    for (std::size_t place = 0; place < runtimes[runtime].size(); ++place) {
      const Look look = look_of_foreign(runtime, place, 0);
      EXPECT_TRUE(looks.insert({look.ink.on_light, look.marker}).second) << runtimes[runtime][place];
      EXPECT_FALSE(native.contains(look.ink.on_dark)) << runtimes[runtime][place];
    }
  }
}

TEST(palette, tells_the_settings_of_a_model_apart) {
  const Look one = look_of_listed(4, 0);
  const Look other = look_of_listed(4, 1);
  EXPECT_EQ(one.ink.on_light, other.ink.on_light);
  EXPECT_NE(one.dash, other.dash);
  EXPECT_NE(one.marker, other.marker);
}

}  // namespace
}  // namespace cbench
