// Whether something happens more often than before: shares of few.
#pragma once

#include <cstddef>

namespace cbench {

struct Share {
  std::size_t hits = 0;
  std::size_t of = 0;
};

// Fisher's exact test, one-sided: how often so many of all hits, or more, would fall to `changed` by chance alone.
double fisher_p(Share base, Share changed);

}  // namespace cbench
