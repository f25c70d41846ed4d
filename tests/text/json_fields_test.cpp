#include "text/json_fields.hpp"

#include <gtest/gtest.h>

#include "tests/support/scratch_folder.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

Json document() {
  return Json::parse(R"({"name": "x", "yes": true, "half": 0.5, "three": 3, "thousand": 1e3, "less": -1, "odd": 1.5,
                         "none": null, "huge": 18446744073709551615, "id": "00c0ffee00c0ffee", "short": "c0ffee",
                         "map": {"a": "b"}, "bad map": {"a": 1}, "list": ["a", "b"], "numbers": [1, 2.5],
                         "mixed": ["a", 1], "time": 1500})");
}

TEST(JsonFields, reads_each_kind_of_member) {
  const Json json = document();
  const JsonFields fields(json, "");
  EXPECT_EQ(fields.text("name"), "x");
  EXPECT_TRUE(fields.flag("yes"));
  EXPECT_EQ(fields.number("half"), 0.5);
  EXPECT_EQ(fields.whole("three"), 3U);
  EXPECT_EQ(fields.whole("huge", UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(fields.hex("id"), 0x00c0ffee00c0ffeeU);
  EXPECT_EQ(fields.time("time"), 1500ns);
  EXPECT_EQ(fields.texts("map").at("a"), "b");
  EXPECT_EQ(fields.list("list").size(), 2U);
  std::vector<double> numbers;
  fields.read("numbers", numbers);
  EXPECT_EQ(numbers, (std::vector{1, 2.5}));
}

TEST(JsonFields, a_whole_number_may_be_written_with_a_point) {
  const Json json = document();
  EXPECT_EQ(JsonFields(json, "").whole("thousand"), 1000U);
}

TEST(JsonFields, tell_what_is_given_from_what_is_null_or_missing) {
  const Json json = document();
  const JsonFields fields(json, "");
  EXPECT_TRUE(fields.given("name"));
  EXPECT_TRUE(fields.has("none"));
  EXPECT_FALSE(fields.given("none"));
  EXPECT_FALSE(fields.has("nothing"));
}

TEST(JsonFields, say_where_a_member_stands_what_it_should_be_and_what_it_is) {
  const Json json = document();
  const JsonFields fields(json, "trials[3]");
  EXPECT_EQ(error_of([&] { fields.text("three"); }), "trials[3].three: expected text, found 3");
  EXPECT_EQ(error_of([&] { fields.flag("name"); }), "trials[3].name: expected true or false, found \"x\"");
  EXPECT_EQ(error_of([&] { fields.number("less"); }), "trials[3].less: expected a number from 0 on, found -1");
  EXPECT_EQ(error_of([&] { fields.whole("odd"); }), "trials[3].odd: expected a whole number from 0 on, found 1.5");
  EXPECT_EQ(error_of([&] { fields.whole("three", 2); }), "trials[3].three: 3 is more than 2");
  EXPECT_EQ(error_of([&] { fields.whole("huge"); }),
            "trials[3].huge: 18446744073709551615 is more than 9007199254740991");
  EXPECT_EQ(error_of([&] { fields.hex("short"); }),
            "trials[3].short: expected 16 hexadecimal digits, found \"c0ffee\"");
  EXPECT_EQ(error_of([&] { fields.text("nothing"); }), "trials[3].nothing: missing");
  EXPECT_EQ(error_of([&] { fields.texts("bad map"); }), "trials[3].bad map.a: expected text, found 1");
  EXPECT_EQ(error_of([&] { fields.list("list", 1); }),
            "trials[3].list: expected at most 1 entries, found [\"a\",\"b\"]");
  EXPECT_EQ(error_of([&] { fields.object("map").text("b"); }), "trials[3].map.b: missing");
  std::vector<std::string> texts;
  EXPECT_EQ(error_of([&] { fields.read("mixed", texts); }), "trials[3].mixed[1]: expected text, found 1");
  EXPECT_EQ(error_of([&] { JsonFields(json.at("list"), "x"); }), "x: expected an object, found [\"a\",\"b\"]");
}

}  // namespace
}  // namespace cbench
