// One line on standard error that says what runs and how much is left; gone when the results come.
#pragma once

#include <string>

namespace cbench {

// Writes on a terminal only: what is piped or logged stays clean.
class Progress {
 public:
  // `enabled`: false for --quiet.
  explicit Progress(bool enabled);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Puts the text in place of the one before; cut where the terminal is narrower.
  void show(const std::string& text);
  void clear();

 private:
  bool enabled_;
  std::string shown_;
};

}  // namespace cbench
