// How far apart lies what several threads write.
#pragma once

#include <cstddef>

namespace cbench {

// Bytes: two cache lines, since CPUs fetch lines in pairs. What lies closer is taken from the CPU that writes beside
// it.
inline constexpr std::size_t lines_apart = 128;

}  // namespace cbench
