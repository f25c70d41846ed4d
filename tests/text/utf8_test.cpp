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

TEST(Harmless, what_a_terminal_shows_stays) {
  for (const std::string text :
       {"", "plain ~", "\u00a0\u00b5s", "\u2029\u202f\u2065\u206a", "\u0639\u05d0", "\U0001f600"}) {
    EXPECT_EQ(harmless(text), text);
  }
}

TEST(Harmless, what_a_terminal_acts_upon_becomes_a_space) {
  EXPECT_EQ(harmless(std::string("a\0b\nc\x1b[31m\x7f", 11)), "a b c [31m ") << "C0 and DEL";
  EXPECT_EQ(harmless("a\u0080b\u009b31mc\u009fd"), "a b 31mc d") << "C1: U+009B begins an escape as ESC [ does";
  for (const std::string turn :
       {"\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    EXPECT_EQ(harmless("ko" + turn + "ok"), "ko ok");
  }
  EXPECT_EQ(harmless("\x9b"
                     "31m"),
            "\xef\xbf\xbd"
            "31m")
      << "a C1 of 8 bits is no UTF-8";
  EXPECT_EQ(harmless("one\ntwo\x1b", "\n"), "one\ntwo ");
}

}  // namespace
}  // namespace cbench
