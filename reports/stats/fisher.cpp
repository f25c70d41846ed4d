#include "reports/stats/fisher.hpp"

#include <gsl/gsl_cdf.h>

namespace cbench {

double fisher_p(Share base, Share changed) {
  if (changed.hits == 0) return 1;
  const auto whole = [](std::size_t count) { return static_cast<unsigned>(count); };
  const std::size_t hits = base.hits + changed.hits;
  const std::size_t misses = base.of + changed.of - hits;
  // That more than one less of `changed.of` draws are hits.
  return gsl_cdf_hypergeometric_Q(whole(changed.hits - 1), whole(hits), whole(misses), whole(changed.of));
}

}  // namespace cbench
