// A pipe whose two ends have an owner each.
#pragma once

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "system/descriptor.hpp"

namespace cbench {

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

// Closed on exec; `flags`: further ones of pipe2(2). Throws std::system_error where no descriptor is left. Any thread.
inline Pipe make_pipe(int flags = 0) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | flags) != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace cbench
