#include "reports/files/json_trials.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

std::vector<std::string> texts(const JsonTrials& found) {
  std::vector<std::string> all;
  for (const JsonTrials::Trial& trial : found.trials) all.emplace_back(trial.text);
  return all;
}

const std::string document = R"({
"a": {"trials": [1]}, "text": "\"trials\": [{",
"trials" : [ {"b": "]}\\"},
  {"c": [1, {"d": -1.5e3}, true]}
 ], "more": null }
)";

TEST(JsonTrials, each_is_found_with_its_line) {
  const JsonTrials found = find_trials(document, "x.json");
  EXPECT_EQ(texts(found), (std::vector<std::string>{R"({"b": "]}\\"})", R"({"c": [1, {"d": -1.5e3}, true]})"}));
  EXPECT_EQ(found.trials[0].line, 3U);
  EXPECT_EQ(found.trials[1].line, 4U);
  EXPECT_EQ(found.rest, R"({
"a": {"trials": [1]}, "text": "\"trials\": [{",
"trials" : [], "more": null }
)");
  EXPECT_TRUE(found.whole);
  EXPECT_EQ(document.substr(0, found.end) + found.tail, document);
}

TEST(JsonTrials, none_of_a_document_without) {
  EXPECT_TRUE(find_trials(R"({"trials": []})", "x").trials.empty());
  EXPECT_EQ(find_trials(R"({"trials": []})", "x").tail, "\n]}") << "it begins with a line end, whatever was there";
  EXPECT_TRUE(find_trials("{}", "x").trials.empty());
  EXPECT_EQ(find_trials(R"({"trials": 5})", "x").rest, R"({"trials": 5})");
}

TEST(JsonTrials, cut_off_anywhere_it_has_the_trials_before) {
  const std::size_t list = document.find('[', document.find("\"trials\" :")) + 1;
  const std::size_t first = document.find("},\n") + 1;
  const std::size_t second = document.find("\n ]");
  for (std::size_t size = list; size < document.rfind('}'); ++size) {
    const JsonTrials found = find_trials(document.substr(0, size), "x.json");
    EXPECT_FALSE(found.whole) << size;
    EXPECT_EQ(found.trials.size(), size < first ? 0U : size < second ? 1U : 2U) << size;
    EXPECT_EQ(found.tail, json_tail);
  }
  for (std::size_t size = 1; size < list; ++size) {
    const JsonTrials found = find_trials(document.substr(0, size), "x.json");
    EXPECT_FALSE(found.whole || found.has_list) << size;
    EXPECT_EQ(found.rest, document.substr(0, size));
  }
}

TEST(JsonTrials, what_is_no_such_document_is_an_error_with_its_place) {
  const auto error = [](const std::string& text) { return error_of([&] { find_trials(text, "x.json"); }); };
  EXPECT_EQ(error("[1]"), "x.json: not a document of cbench: no schema_version and trials");
  EXPECT_EQ(error("hello"), "x.json: not a document of cbench: no schema_version and trials");
  EXPECT_EQ(error("{\"trials\": [1]}"), "x.json:1: not JSON, at byte 13: no trial where one should be");
  EXPECT_EQ(error("{\n\"trials\": [{} {}]}"), "x.json:2: not JSON, at byte 17: neither a comma nor an end");
  EXPECT_EQ(error("{\"trials\": [{},,{}]}"), "x.json:1: not JSON, at byte 16: no trial where one should be");
  EXPECT_EQ(error("{\"trials\": []} {}"), "x.json:1: not JSON, at byte 16: text behind the end of the document");
  EXPECT_EQ(error("{\"a\": ]}"), "x.json:1: not JSON, at byte 8: no value where one should be");
  EXPECT_EQ(error("{5: 5}"), "x.json:1: not JSON, at byte 2: no text where a name should be");
}

TEST(JsonTrials, what_is_nested_as_deep_as_nothing_of_ours_is_refused) {
  for (const std::size_t levels : {60'000, 1'000'000}) {
    const std::string deep(levels, '[');
    EXPECT_TRUE(has(error_of([&] { find_trials("{\"a\":" + deep, "x"); }), "nested more than 64 levels deep"));
    EXPECT_TRUE(has(error_of([&] { find_trials("{\"trials\":[{\"a\":" + deep, "x"); }), "nested more than 64"));
  }
}

}  // namespace
}  // namespace cbench
