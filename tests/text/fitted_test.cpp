// Text that is fitted to the width of a terminal.
#include "text/fitted.hpp"

#include <string>

#include <gtest/gtest.h>

#include "text/terminal.hpp"

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

// A reason is what a broken program said: U+009B begins an escape, U+202E turns the line around.
TEST(Fitted, nothing_that_a_terminal_acts_upon_is_written) {
  const std::string reason = "no \u009b31mroom\u202e \x1b[2J";
  EXPECT_EQ(shortened(reason, 80), "no  31mroom   [2J");
  EXPECT_EQ(paragraph(reason, 80), "no  31mroom   [2J\n");
  EXPECT_EQ(wrapped(reason, 80), "no 31mroom [2J\n");
  EXPECT_EQ(wrapped("two\nlines", 80), "two\nlines\n");
}

TEST(Fitted, nor_in_what_is_said_beside_the_output) {
  testing::internal::CaptureStderr();
  write_note("no \u009b31mroom\u202e\ntwice");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cbench: no  31mroom \ntwice\n");
}

}  // namespace
}  // namespace cbench
