// The answer in words: who leads and by how much, who is tied, and what limited the rest. Said here once; the table,
// the charts, the JSON for pictures, the report and the notebooks repeat it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/findings/limits.hpp"
#include "reports/findings/ranking.hpp"

namespace cbench {

// The finding, without a full stop at its end:
//
//   eventloop and fibers lead at 48.9-49.1k/s, tied, 98 % of the ideal; threads follows at 0.84x [0.80, 0.88]: CPU
//
//   - "tied" only where the repetitions know the ratio of the two to within a factor of two; else "too few
//   repetitions",
//     with how many would do
//   - a ratio has its 95 % interval; where that reaches farther than a factor of two, what is said is how many
//     repetitions would do
//   - behind the colon stands the limit of who follows, where limits.hpp knows one: of throughput alone
std::string verdict_on(const Ranking& ranking);

// The verdicts that stand over the table of a block, each with its load in front where there are several; of more than
// three loads that of the main one. Empty where nothing was measured.
std::vector<std::string> verdicts_over(std::span<const Ranking> rankings);

// "0.84x [0.80, 0.88]": a ratio and its 95 % interval, which is left out where it reads as the ratio itself.
std::string ratio_text(double ratio, const Interval& interval);

// "CPU", "blocked workers"; empty where the limit is not known.
std::string_view short_words(Limit limit);

}  // namespace cbench
