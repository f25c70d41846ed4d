// What a model says of itself in the list.
#include <set>

#include "tests/contract/trial.hpp"
#include "text/quantity.hpp"

namespace cbench::contract_tests {
namespace {

TEST(models, are_listed_once_and_found_by_name) {
  std::set<std::string_view> names;
  for (const ModelInfo* info : models()) {
    EXPECT_TRUE(names.insert(info->name).second) << info->name << " is listed twice";
    EXPECT_EQ(find_model(info->name), info);
  }
  EXPECT_EQ(find_model("fibres"), nullptr);
}

TEST(models, that_are_absent_say_why) {
  for (const ModelInfo* info : models()) EXPECT_NE(info->make == nullptr, info->absent.empty()) << info->name;
}

TEST(choices, are_words_in_a_list) {
  EXPECT_EQ(choices_of({.values = "a, b or c-d"}), (std::vector<std::string>{"a", "b", "c-d"}));
  EXPECT_EQ(choices_of({.values = "a or b"}), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(choices_of({.values = "bytes"}), std::vector<std::string>{});
  EXPECT_EQ(choices_of({.values = ""}), std::vector<std::string>{});
}

TEST_P(contract, says_what_it_is) {
  const ModelInfo& info = *GetParam().info;
  EXPECT_FALSE(info.idiom.empty());
  EXPECT_FALSE(info.library.empty());
  EXPECT_FALSE(info.unit.empty());
  EXPECT_GE(info.most_in_flight, 1);
  EXPECT_GE(info.most_workers, 1);
  for (const Setting& setting : info.settings) {
    EXPECT_FALSE(setting.name.empty());
    EXPECT_FALSE(setting.values.empty()) << setting.name;
    EXPECT_FALSE(setting.fallback.empty()) << setting.name;
    EXPECT_FALSE(setting.summary.empty()) << setting.name;
  }
}

TEST_P(contract, checks_its_settings) {
  const ModelInfo& info = *GetParam().info;
  ASSERT_TRUE(info.settings.empty() || info.check != nullptr) << "it has settings that nobody checks";
  if (info.check == nullptr) return;
  info.check({});
  for (const Setting& setting : info.settings) {
    const std::string name(setting.name);
    EXPECT_THROW(info.check({{name, "nonsense"}}), UsageError) << name;
    EXPECT_THROW(info.check({{name, ""}}), UsageError) << name;
    for (const std::string& choice : choices_of(setting)) info.check({{name, choice}});
  }
}

}  // namespace
}  // namespace cbench::contract_tests
