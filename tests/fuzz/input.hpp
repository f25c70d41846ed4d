// What all fuzz targets need: their input as text, as a file, and a way to say that a promise was broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <unistd.h>

namespace cbench::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process, which libFuzzer takes for a finding.
inline void expect(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

// Calls what may refuse its input, in the way that all readers do. Returns whether it took it.
template <class Call>
bool accepts(Call call) {
  try {
    call();
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

// A folder of this process, in memory where there is such a place, gone when the process ends by itself.
class Folder {
 public:
  Folder() : path_(access("/dev/shm", W_OK) == 0 ? "/dev/shm/cbench-fuzz-XXXXXX" : "/tmp/cbench-fuzz-XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // A file with the text, in the place of the one of that name.
  std::string file(const std::string& name, std::string_view text) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

 private:
  std::string path_;
};

inline const Folder& folder() {
  static const Folder of_this_process;
  return of_this_process;
}

inline std::string text_in(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace cbench::fuzz
