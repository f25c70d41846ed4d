// Files as results need them: opened before anything is measured, written whole or not at all, never inherited by the
// processes of trials.
#pragma once

#include <string>
#include <string_view>

#include "system/descriptor.hpp"

namespace cbench {

// An open file with one owner.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  int descriptor() const { return descriptor_.get(); }

 private:
  Descriptor descriptor_;
};

// As open(2), closed on exec. Throws std::runtime_error: path and why.
File open_file(const std::string& path, int flags, unsigned mode = 0666);

// Writes all of the text, in one write(2) where the system takes it. Returns 0 or the errno of the write that failed,
// after which part of the text may be there. A limit on file size (RLIMIT_FSIZE) is an error like others, not a signal.
int write_all(int descriptor, std::string_view text);

// For a person: "disk full (No space left on device)" where that is what the errno means.
std::string words_for_write_error(int error);

// The whole file. Throws std::runtime_error: path and why.
std::string read_file(const std::string& path);

}  // namespace cbench
