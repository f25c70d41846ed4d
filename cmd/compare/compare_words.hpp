// What is said of a comparison, whatever the form it is printed in.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reports/findings/comparison/result_comparison.hpp"

namespace cbench {

std::string ratio_text(const Comparison& c);         // "0.823 [0.790, 0.857]"
std::string p_text(const Comparison& c);             // of Holm's
std::string outcome_text(const ComparedCell& cell);  // "inconclusive (needs 12)": repetitions a side
std::string seen_text(const Comparison& c);          // the smallest effect that would have been seen: "4.2%"
std::string tier_text(const Tiers& tiers);           // "models on io: 1. fibers, pool  2. threads"
std::string words_of(const ComparedCell& cell);      // what stands beside an outcome that needs words

// What there is to say of a set's cells; what is true of many of them is said once.
std::vector<std::pair<std::string, std::vector<const ComparedCell*>>> words_of(const ComparedSet& set);

// "fibers on io, closed, 64 in flight, 2 workers".
std::string cell_name(const ComparedCell& cell);

// "1 regression, 2 with new failures, 3 without a difference, 2 inconclusive."
std::string counts_in_words(const ResultComparison& comparison);
std::string how_it_was_judged(const ResultComparison& comparison);
// "Seen: with these repetitions a difference of 4.2% would have been told, ..."; empty where no numbers were compared.
std::string what_was_seen(const ResultComparison& comparison);
std::string on_the_noise_floor(const ResultComparison& comparison);

}  // namespace cbench
