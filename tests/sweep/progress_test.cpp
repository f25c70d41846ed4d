// What a sweep says while it runs.
#include "sweep/progress.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "text/fitted.hpp"

namespace cbench {
namespace {

using namespace std::chrono_literals;

const Standing half_way{
    .left = "40 s left", .share = 0.5, .text = "7 of 18: fibers 49.6k/s ±0.3% (io, 2 workers, 1,000 in flight)"};

// What was written to a file that stands for standard error.
class Written {
 public:
  Written() : file_(std::tmpfile()) {}
  ~Written() { std::fclose(file_); }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  std::FILE* file() const { return file_; }
  std::string text() const {
    std::rewind(file_);
    std::string out(4096, '\0');
    out.resize(std::fread(out.data(), 1, out.size(), file_));
    return out;
  }

 private:
  std::FILE* file_;
};

TEST(progress, says_what_is_left_first_then_the_bar_then_the_figures) {
  EXPECT_EQ(progress_line(half_way, 100),
            "40 s left ████████········ 7 of 18: fibers 49.6k/s ±0.3% (io, 2 workers, 1,000 in flight)");
}

TEST(progress, is_cut_at_its_end_where_the_terminal_is_narrow) {
  const std::string line = progress_line(half_way, 60);
  EXPECT_EQ(line, "40 s left ████···· 7 of 18: fibers 49.6k/s ±0.3% (io, 2 wor…");
  for (std::size_t width = 1; width < 100; ++width) EXPECT_LE(display_width(progress_line(half_way, width)), width);
}

TEST(progress, has_no_bar_where_nobody_knows_the_end) {
  EXPECT_EQ(progress_line({.text = "trial 3"}, 80), "trial 3");
  EXPECT_EQ(progress_line({.share = 0, .text = "x"}, 60), "········ x");
  EXPECT_EQ(progress_line({.share = 1, .text = "x"}, 60), "████████ x");
}

TEST(progress, writes_a_line_now_and_then_where_there_is_no_terminal) {
  const Written written;
  Progress progress({.enabled = true, .terminal = false, .to = written.file(), .every = 1h});
  progress.show(half_way);
  EXPECT_EQ(written.text(), "") << "the time is not over";
  Progress eager({.enabled = true, .terminal = false, .to = written.file(), .every = 0s});
  eager.show(half_way);
  EXPECT_EQ(written.text(), "cbench: 40 s left; " + half_way.text + "\n");
}

TEST(progress, on_a_terminal_takes_its_line_back) {
  ASSERT_EQ(setenv("COLUMNS", "60", 1), 0);
  const Written written;
  {
    Progress progress({.enabled = true, .terminal = true, .to = written.file()});
    progress.show(half_way);
    progress.show(half_way);
  }
  unsetenv("COLUMNS");
  EXPECT_EQ(written.text(), "\r\x1b[K" + progress_line(half_way, 59) + "\r\x1b[K") << "once, and gone at the end";
}

TEST(progress, says_nothing_where_it_is_to_be_quiet) {
  for (const bool terminal : {true, false}) {
    const Written written;
    {
      Progress progress({.enabled = false, .terminal = terminal, .to = written.file(), .every = 0s});
      progress.show(half_way);
    }
    EXPECT_EQ(written.text(), "");
  }
}

TEST(progress, names_times_as_people_do) {
  EXPECT_EQ(time_words(-1s), "0 s");
  EXPECT_EQ(time_words(1ms), "1 s");
  EXPECT_EQ(time_words(100s), "1 min 40 s");
  EXPECT_EQ(time_words(2h + 4min + 1s), "2 h 5 min");
}

}  // namespace
}  // namespace cbench
