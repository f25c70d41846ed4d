// What a sweep says while it runs, on standard error: on a terminal one line with a bar, gone when the results come;
// elsewhere a line every ten seconds, so that a log tells that it goes on.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>

namespace cbench {

// Where a sweep stands.
struct Standing {
  std::string left;   // "1 min 40 s left", "at most 12 s left"; empty: nobody knows
  double share = -1;  // of it that is over, from 0 to 1; below 0: nobody knows
  std::string text;   // what runs, and the figures so far
};

// What matters most comes first, since a narrow terminal cuts off the end:
// "40 s left ████▌····· 7 of 18: fibers 49.6k/s ±0.3% (io, 2 workers, 1,000 in flight)".
std::string progress_line(const Standing& standing, std::size_t width);

// "40 s", "1 min 40 s", "2 h 5 min": rounded up to what it names.
std::string time_words(std::chrono::nanoseconds time);

struct ProgressOptions {
  bool enabled = true;  // false for --quiet
  bool terminal = true;
  std::FILE* to = stderr;
  std::chrono::nanoseconds every = std::chrono::seconds(10);  // a line, where it is no terminal
};

class Progress {
 public:
  // On standard error, whatever that is.
  explicit Progress(bool enabled);
  explicit Progress(const ProgressOptions& options);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Standing& standing);
  void clear();

 private:
  ProgressOptions options_;
  std::string shown_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();  // when a line was written
};

}  // namespace cbench
