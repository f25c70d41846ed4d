// Text that is fitted to the width of a terminal.
#include "text/fitted.hpp"

#include <gtest/gtest.h>

namespace cbench {
namespace {

TEST(Fitted, width_counts_characters_and_not_bytes) { EXPECT_EQ(display_width("5\u00b5s"), 3U); }

TEST(Fitted, text_is_cut_by_characters_and_not_by_bytes) {
  EXPECT_EQ(shortened("±±±±", 4), "±±±±");
  EXPECT_EQ(shortened("±±±±", 3), "±±…");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(Fitted, a_paragraph_has_lines_that_begin_as_they_are_told) {
  EXPECT_EQ(paragraph("one two three", 8, "- ", "  "), "- one\n  two\n  three\n");
  EXPECT_EQ(paragraph("±± ±±", 5), "±± ±±\n");
  EXPECT_EQ(paragraph("", 80, "- "), "- \n");
}

TEST(Fitted, a_paragraph_cuts_a_word_that_is_longer_than_a_line) {
  EXPECT_EQ(paragraph("a longest b", 4, "", " "), "a\n lo…\n b\n");
}

TEST(Fitted, words_wrap_at_the_width_and_continue_at_the_indent) {
  EXPECT_EQ(wrapped("one two three", 8, 2), "one\n  two\n  three\n");
  EXPECT_EQ(wrapped("one two three", 9, 2), "one two\n  three\n");
  EXPECT_EQ(wrapped("  one   two ", 80), "one two\n");
  EXPECT_EQ(wrapped("", 80), "\n");
  EXPECT_EQ(wrapped("\u00b5\u00b5 \u00b5", 4), "\u00b5\u00b5 \u00b5\n");
}

TEST(Fitted, a_wrapped_word_that_is_longer_than_a_line_stands_alone_and_whole) {
  EXPECT_EQ(wrapped("a longest b", 4, 1), "a\n longest\n b\n");
}

}  // namespace
}  // namespace cbench
