// Reading rates as people write them: 20k/s.
#pragma once

#include <string_view>

namespace cbench {

// A second: "5000", "20k/s", "0.5/s" (k, M: powers of 1000). More than 0. Throws UsageError naming `what` otherwise.
double parse_rate(std::string_view text, std::string_view what);

}  // namespace cbench
