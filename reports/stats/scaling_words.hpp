// A fit in plain words: the finding first, then what a reader must know to believe it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/stats/scaling_fit.hpp"

namespace cbench {

// The sentences of `fit`, from the rest of it.
std::vector<std::string> sentences_of(const ScalingFit& fit);

// What two worker counts tell: no law, but the serial fraction between them, in words. Nothing where there were more
// counts, or fewer.
struct KarpFlatt {
  double n = 0;
  std::string text;  // "1.4 % [-1.8, 5.1]"
};
std::optional<KarpFlatt> only_karp_flatt(const ScalingFit& fit);

}  // namespace cbench
