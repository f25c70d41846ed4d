// A file of results that several sweeps may write at once, and that may be moved away or replaced while they do. What a
// sweep does with it, it does while it alone holds the file's lock, in the file that has the name at that moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "reports/files/file.hpp"

namespace cbench {

class SharedFile {
 public:
  // "-" is standard output. What is not there is made, also where a symbolic link names it. Throws std::runtime_error:
  // path and why; a FIFO that nobody reads is refused, not waited for.
  explicit SharedFile(std::string path);

  const std::string& path() const { return path_; }
  bool is_regular() const { return regular_; }  // else it can be neither locked, read nor taken back

  // The lock (flock(2)), while it lives. Waits for another holder up to ten seconds; throws std::runtime_error then,
  // and where the file cannot be opened again. Other files, and those of systems without locks, are not locked.
  class Hold {
   public:
    explicit Hold(SharedFile& file);
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    bool is_new() const { return new_; }  // not the file of the hold before

   private:
    SharedFile& file_;
    bool new_;
  };

  // While it is held. They throw std::runtime_error (path, why) but for what they return.
  std::uint64_t size() const;
  std::string text(std::uint64_t from = 0) const;

  // Behind all that is there. Returns 0 or the errno of the write, after which part of the text may be there.
  int append(std::string_view text);
  void cut(std::uint64_t size);  // of a regular file

  // The text takes the place of all that there is, at once: it is written beside, and renamed. Keeps the file's mode
  // and symbolic links to it. Returns 0 or an errno, after which what was there is there.
  int replace(std::string_view text);

 private:
  void open();
  bool has_the_name() const;

  std::string path_;
  File file_;
  bool regular_ = false;
  bool fresh_ = true;  // opened since the last hold
};

// Reads such a file, or any other, from its beginning, while no sweep writes it. A writer that is stopped in the middle
// is waited for no longer than two seconds: the reader then sees a part of a record.
class SharedReading {
 public:
  explicit SharedReading(const std::string& path);  // throws std::runtime_error: path and why

  // Adds the next piece, as large as `most`, to the text. False at the end. Throws std::runtime_error: path and why.
  bool more(std::string& text, std::size_t most = std::size_t{64} * 1024);
  std::size_t size() const;  // of a regular file, when it is asked
  std::size_t read() const { return read_; }

 private:
  std::string path_;
  File file_;
  std::size_t read_ = 0;
};

std::string read_shared_file(const std::string& path);

}  // namespace cbench
