// A text file that records are added to while sweeps run, a line or more each. A record is in the file whole or not at
// all, so that what was measured before a disk is full, or a process is killed, can still be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "reports/files/shared_file.hpp"

namespace cbench {

// Nobody reads any more what goes into a pipe.
class ReaderGone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a format says of its text.
struct AppendedFormat {
  std::string noun;  // what errors call a record: "row"

  // What has to be written before the next record, given all whole lines that the file holds: behind them, or in their
  // place. Asked when the file is opened and when another one has taken its name. Throws std::runtime_error where the
  // file is none of this format.
  struct Beginning {
    std::string text;
    bool replaces = false;
  };
  std::function<Beginning(std::string_view lines)> begin;

  // Told of the lines that others have added since. May be left out.
  std::function<void(std::string_view lines)> grew;

  // What the end of the file is that has no line end.
  enum class Rest {
    part_of_record,  // left by a process that was killed while it wrote: nobody can read it, and it is taken away
    whole_record,    // lacks no more than its line end
    other,           // what a person wrote: left alone, and said
  };
  std::function<Rest(std::string_view rest)> judge;
};

class AppendedFile {
 public:
  // "-" is standard output. Throws std::runtime_error (path, why) where the file cannot be written, or the format
  // refuses what is in it.
  AppendedFile(std::string path, AppendedFormat format);

  // What was mended in the file when it was opened; empty where nothing was.
  const std::string& note() const { return note_; }
  std::uint64_t records() const { return records_; }  // added by this object

  // Adds what `record` returns; it is called while the file is held. Throws std::runtime_error, of a pipe ReaderGone:
  // path, why, and how many records are safe.
  void add(const std::function<std::string()>& record);

 private:
  void look_at_all();
  void look_at_new();
  void mend(std::string_view rest, AppendedFormat::Rest verdict);
  void write(std::string_view text);

  SharedFile file_;
  AppendedFormat format_;
  std::uint64_t size_ = 0;  // of what is known to be whole lines
  std::uint64_t records_ = 0;
  std::string note_;
};

// For formats whose lines begin in a few ways, which the end of a file may be a part of.
AppendedFormat::Rest judge_by_beginning(std::string_view rest, std::initializer_list<std::string_view> beginnings);

}  // namespace cbench
