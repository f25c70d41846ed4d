// A document that is whole at every moment: each version is written beside the one before and takes its place.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace cbench {

class ReplacedFile {
 public:
  // Throws std::runtime_error (path, why) where the file is there and cannot be written, or is no regular file. Follows
  // symbolic links, and keeps the mode of the file that is there.
  explicit ReplacedFile(const std::string& path);

  const std::string& path() const { return path_; }  // symbolic links resolved
  std::string text() const;                          // what the file held when it was opened; empty where it is new

  // The parts one after the other become the document. Throws std::runtime_error: path, why, and how many trials of the
  // version before are safe. `trials`: how many the parts hold.
  void replace(std::initializer_list<std::string_view> parts, std::uint64_t trials);
  void holds(std::uint64_t trials) { trials_ = trials; }  // so many are in the version that is there

 private:
  std::string path_;
  std::optional<unsigned> mode_;  // of the file that is there already
  std::uint64_t trials_ = 0;
};

}  // namespace cbench
