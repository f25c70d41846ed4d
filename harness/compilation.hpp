// How this program was built. The values are written by CMake into one source file, so that a changed flag or version
// compiles that file again and no other.
#pragma once

#include <string_view>

namespace cbench {

struct Compilation {
  std::string_view version;     // of cbench
  std::string_view compiler;    // "GNU 12.2.0 -O2 -DNDEBUG"
  std::string_view build_type;  // "Release"
  std::string_view libraries;   // "fmt=9.1.0;GSL=2.7.1": what the program itself uses; models add theirs
};

extern const Compilation compilation;

}  // namespace cbench
