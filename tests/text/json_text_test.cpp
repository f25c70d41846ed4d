#include "text/json_text.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "record/record_json.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/text_matchers.hpp"

namespace cbench {
namespace {

std::string nested(std::size_t levels, const std::string& open = "[", const std::string& close = "]") {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < levels; ++i) text += close;
  return text;
}

TEST(ParseJson, what_is_nested_as_deep_as_nothing_of_ours_is_refused) {
  EXPECT_NO_THROW(parse_json(nested(deepest_json), "x"));
  EXPECT_EQ(error_of([] { parse_json("\n" + nested(deepest_json + 1), "x.json"); }),
            "x.json:2: nested more than 64 levels deep, at byte 66");
  for (const std::size_t levels : {60'000, 1'000'000}) {
    EXPECT_TRUE(has(error_of([&] { parse_json(nested(levels), "x"); }), "nested more than 64")) << levels;
    EXPECT_TRUE(has(error_of([&] { parse_json(nested(levels, "{\"a\":", "}"), "x"); }), "nested more than 64"))
        << levels;
  }
}

TEST(ParseJson, brackets_within_text_are_no_levels) {
  const std::string text = R"(["\"[[[[\\", "]"])" + std::string();
  EXPECT_NO_THROW(parse_json(text, "x"));
  EXPECT_EQ(parse_json("\"" + std::string(1000, '[') + "\"", "x").get<std::string>().size(), 1000U);
}

// In any field of what a trial's process leaves, where it once ended the whole sweep.
TEST(ParseJson, a_record_with_a_deep_field_is_an_error) {
  const std::string whole = to_line(record_to_json(sample_record()));
  for (const std::string field : {"\"status\":\"ok\"", "\"schema_version\":2", "\"series_per_s\":[48900.0"}) {
    ASSERT_TRUE(has(whole, field));
    for (const std::size_t levels : {60'000, 1'000'000}) {
      std::string broken = whole;
      const std::size_t colon = field.find(':');
      broken.replace(broken.find(field) + colon + 1, field.size() - colon - 1, nested(levels));
      EXPECT_TRUE(has(error_of([&] { parse_json(broken, "record"); }), "nested more than 64 levels deep")) << field;
      EXPECT_TRUE(has(error_of([&] { parse_json(broken, "spec"); }), "nested more than 64 levels deep")) << field;
    }
  }
}

// Members are searched from the first for each that is added: without a bound, a megabyte of them takes minutes.
TEST(ParseJson, an_object_with_more_members_than_ours_is_refused) {
  const auto object = [](int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":[1,2]";
    return text + "}";
  };
  EXPECT_EQ(parse_json(object(most_members), "x").size(), static_cast<std::size_t>(most_members));
  EXPECT_TRUE(has(error_of([&] { parse_json(object(most_members + 1), "x"); }), "an object of more than 1000 members"));
  std::string list = "[0";
  for (int i = 0; i < 100'000; ++i) list += ",1";
  EXPECT_EQ(parse_json(list + "]", "x").size(), 100'001U) << "lists may be long";
}

TEST(ParseJson, a_number_that_no_double_holds_is_an_error_like_others) {
  EXPECT_TRUE(has(error_of([] { parse_json("[15e750000]", "x.json", 3); }), "x.json:3: "));
  EXPECT_TRUE(has(error_of([] { parse_json("{\"schema_version\": -1e999}", "trial spec"); }), "trial spec:1: "));
}

TEST(ParseJson, what_is_empty_is_not_called_cut_off) {
  for (const std::string text : {"", " ", "\r", "\t "}) {
    EXPECT_EQ(error_of([&] { parse_json(text, "event"); }), "event:1: the line is empty");
  }
  EXPECT_EQ(error_of([] { parse_json("\n \n", "r.json"); }), "r.json:1: it is empty");
  EXPECT_EQ(error_of([] { parse_json("{\"a\":", "event"); }), "event:1: the JSON is cut off");
}

TEST(ParseJson, an_error_names_the_line_of_the_file_that_the_text_is_a_part_of) {
  EXPECT_EQ(error_of([] { parse_json("{\n\"a\": }", "r.json", 17); }), "r.json:18: not JSON, at byte 8");
}

}  // namespace
}  // namespace cbench
