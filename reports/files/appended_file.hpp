// A text file that records are added to while a sweep runs. Each is in the file whole or not at all, so that what was
// measured before a disk is full, or a machine goes down, can still be read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "reports/files/file.hpp"

namespace cbench {

class AppendedFile {
 public:
  // "-" is standard output. `noun` is what errors call a record: "row". Throws std::runtime_error (path, why) where the
  // file cannot be written.
  AppendedFile(std::string path, std::string noun);

  const std::string& path() const { return path_; }
  bool has_text() const { return has_text_; }            // it held something when it was opened
  std::uint64_t records() const { return records_; }     // added by this object
  std::string text() const { return read_file(path_); }  // of a file that has text

  // Throws where `text`, of this file, does not end with a line end: the next record would become part of its last
  // line.
  void check_last_line(std::string_view text) const;

  // With one write(2); what could be written of a text that does not fit is taken back. Throws std::runtime_error:
  // path, why, and how many records are safe.
  void write(std::string_view text);  // a header, a comment
  void add(std::string_view record);

 private:
  std::string path_;
  std::string noun_;
  File file_;
  bool regular_ = false;
  bool has_text_ = false;
  std::uint64_t records_ = 0;
};

}  // namespace cbench
