#include "text/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(ValidUtf8, characters_stay_as_they_are) {
  for (const std::string text :
       {"", "plain", "\xc2\xb5s", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf\xee\x80\x80"}) {
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(ValidUtf8, bytes_that_are_no_part_of_a_character_are_replaced) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(valid_utf8("a\xff\xfe"
                       "b"),
            "a" + mark + mark + "b");
  EXPECT_EQ(valid_utf8("\xc3"), mark) << "cut off";
  EXPECT_EQ(valid_utf8("\xe2\x82"), mark + mark);
  EXPECT_EQ(valid_utf8("\xc0\x80"), mark + mark) << "longer than it needs to be";
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), mark + mark + mark) << "half a pair of UTF-16";
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), mark + mark + mark + mark) << "beyond Unicode";
  EXPECT_EQ(valid_utf8("\x80z"), mark + "z");
}

}  // namespace
}  // namespace cbench
